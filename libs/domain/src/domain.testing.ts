/** What judges the rules from outside: written from domain.md, and with nothing in common with the code. */
export { fingerprint } from './proof/fingerprint.testing';
export { naiveOverlaps } from './proof/naive-overlaps.testing';
