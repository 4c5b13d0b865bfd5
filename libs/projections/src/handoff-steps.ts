import type { LedgerEvent } from '#domain';
import { scopeOf, type LoggedEvent } from './logged-event';
import { insert, type Projection } from './projection';

const record = {
  ...insert(
    'handoff_steps',
    {
      handoff_id: 'uuid',
      position: 'bigint',
      stream: 'text',
      revision: 'bigint',
      foreign_agent: 'text',
      care_of_address: 'text',
      type: 'text',
      mobile_node: 'text',
      session_id: 'uuid',
      detail: 'json',
      occurred_at: 'timestamptz',
      recorded_at: 'timestamptz',
    },
    'on conflict do nothing',
  ),
  merges: true,
};

/**
 * Every event by which a handoff did something, in all streams that it touched. An event names its handoff itself, or its metadata
 * do: admissions and releases are the same events as without a handoff.
 */
export const handoffSteps: Projection = {
  name: 'handoff_steps',
  categories: ['mobileNode', 'flowTable'],
  project: (logged) => {
    const { event, stream, recorded } = logged;
    const handoffId = handoffOf(logged);
    if (handoffId === undefined || !isStep(event)) return [];
    const scope = scopeOf(stream);
    const { type, occurredAt, mobileNode = null, sessionId = null, handoffId: _handoff, ...detail } = event as StepEvent;
    const row = {
      handoff_id: handoffId,
      position: logged.position,
      stream,
      revision: logged.revision,
      foreign_agent: scope?.foreignAgent ?? null,
      care_of_address: scope?.careOfAddress ?? null,
      type,
      mobile_node: mobileNode,
      session_id: sessionId,
      detail,
      occurred_at: occurredAt,
      recorded_at: recorded.recordedAt,
    };
    return [{ statement: record, keys: [], row }];
  },
};

type StepEvent = LedgerEvent & { readonly mobileNode?: string | null; readonly sessionId?: string | null; readonly handoffId?: string };

function handoffOf({ event, metadata }: LoggedEvent): string | undefined {
  return (event as StepEvent).handoffId ?? metadata['handoffId'];
}

/** An append also holds what fell due in its scope meanwhile, which is no deed of the handoff; what is another node's is told apart by the reader. */
function isStep({ type }: LedgerEvent): boolean {
  return type !== 'QuarantineEnded' && type !== 'LeasesExtended';
}
