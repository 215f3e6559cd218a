/** The EasyR1 commits that are driven: the last before and the newest after `worker.reward.reward_type` was taken out. */
export const EASYR1_VERSIONS = ['d146d24', 'b44b311'] as const;
export type EasyR1Version = (typeof EASYR1_VERSIONS)[number];

export function isEasyR1Version(text: string): text is EasyR1Version {
  return (EASYR1_VERSIONS as readonly string[]).includes(text);
}
