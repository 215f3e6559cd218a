/** The installation's root, wherever the code was compiled to. */
import { packageRoot } from '../store/package-root.js';

export const ROOT = packageRoot();
