/** The oldest Node that everything runs on, checked before anything else is loaded (old syntax on purpose). */
const NEEDED = [20, 19];

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  process.stderr.write(
    `stagewright: Node ${NEEDED.join('.')} or newer is needed; this is ${process.versions.node} (${process.execPath}). ` +
      'Install a newer one and try again.\n',
  );
  process.exit(2);
}
