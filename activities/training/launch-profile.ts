/** What the host's profile of a trainer makes of a rendered launch: prefix and environment, and what the runner is told of it. Pure. */
import type { Launch, LaunchProfile, Timers } from '../../core/launch.js';
import type { TrainerProfile } from '../../core/trainer-profile.js';
import type { Rendered } from '../../runner/backends/backend.js';
import { filledWords, throughPrefix, type PrefixValues } from '../../runner/prefix.js';

/** @param profile null = the host says nothing of the trainer */
export function asLaunched(
  rendered: Rendered,
  profile: TrainerProfile | null,
  values: PrefixValues,
): Pick<Launch, 'job' | 'train' | 'export' | 'profile'> {
  if (profile === null) return { ...rendered };
  const { prefix, env, secrets } = profile;
  return {
    job: rendered.job,
    train: throughPrefix(rendered.train, { prefix, env, secrets }, values),
    export: throughPrefix(rendered.export, { prefix, env, secrets }, values),
    profile: launchProfile(profile, values),
  };
}

function launchProfile(profile: TrainerProfile, values: PrefixValues): LaunchProfile {
  const { prefix, env, secrets, stop, stall, device_free_mib } = profile;
  return {
    prefix,
    env,
    secrets,
    stall,
    device_free_mib,
    ...(stop === undefined ? {} : { stop: filledWords(stop, values) }),
  };
}

export function timersOf(timers: Timers, profile: TrainerProfile | null): Timers {
  const grace = profile?.stop_grace;
  return grace === undefined ? timers : { ...timers, stop_grace_ms: Math.ceil(grace * 1_000) };
}
