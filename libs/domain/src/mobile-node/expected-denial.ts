import type { Register } from '../commands/mobile-node-commands';
import { noReplayRecord, replayFault } from './replay-protection';
import type { MobileNodeState } from './mobile-node-state';

type Asked = Pick<Register, 'homeAgent' | 'identification' | 'policy'>;

/**
 * Whether the registration is denied as things stand, whatever its care-of address: nobody is to be learned from one that is, since it changes
 * nothing (I17).
 * @param now milliseconds
 */
export function isToBeDenied({ replay }: MobileNodeState, { homeAgent, identification, policy }: Asked, now: number): boolean {
  const { replayProtection } = policy;
  return replayFault(identification, { replayProtection, record: replay.get(homeAgent) ?? noReplayRecord, now }) !== null;
}
