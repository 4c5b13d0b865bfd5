/** What judges the rules from outside: written from domain.md, and with nothing in common with the code. */
export { fingerprint } from './fingerprint.testing';
export { naiveOverlaps } from './naive-overlaps.testing';
