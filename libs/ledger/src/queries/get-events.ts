import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { RecordedEvent } from '#event-store';
import { NotFound } from '../idempotency/command';
import { minPositionWaitMs, ReadModel } from './read-model';
import { maximumLimit } from './list-request';
import type { Page } from './listing';
import { viewOf, type EventView } from './logged-event-view';
import { ParameterFaults } from './parameter-faults';

interface LogRequest {
  readonly direction?: 'forwards' | 'backwards';
  /** 1–1000, 100 by default. */
  readonly limit?: number | null;
  readonly minPosition?: bigint | null;
}

export interface EventsRequest extends LogRequest {
  /** A position, exclusive in either direction; `next` of the page before. */
  readonly after?: bigint | null;
  readonly type?: string | null;
  readonly category?: string | null;
  readonly stream?: string | null;
}

export interface StreamRequest extends LogRequest {
  /** A revision, exclusive in either direction; `next` of the page before. */
  readonly after?: bigint | null;
}

/** `GET /v1/events`: the log itself; `position` is its end. @throws ParameterFaults */
export class GetEvents extends Query<Page<EventView>> {
  constructor(readonly request: EventsRequest) {
    super();
  }
}

/** `GET /v1/streams/{name}`. @throws NotFound, ParameterFaults */
export class GetStream extends Query<Page<EventView>> {
  constructor(
    readonly stream: string,
    readonly request: StreamRequest,
  ) {
    super();
  }
}

@QueryHandler(GetEvents)
export class GetEventsHandler implements IQueryHandler<GetEvents> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ request }: GetEvents): Promise<Page<EventView>> {
    const { direction = 'forwards', after, type, category, stream } = request;
    const limit = readLimit(request);
    const head = await headOf(this.readModel, request);
    const events = this.readModel.store.readAll({
      direction,
      limit: limit + 1,
      ...given('after', after),
      ...given('category', category),
      ...given('stream', stream),
      ...(type === null || type === undefined ? {} : { types: [type] }),
    });
    return pageOf(head, await collect(events), limit, ({ position }) => position);
  }
}

@QueryHandler(GetStream)
export class GetStreamHandler implements IQueryHandler<GetStream> {
  constructor(private readonly readModel: ReadModel) {}

  async execute({ stream, request }: GetStream): Promise<Page<EventView>> {
    const { direction = 'forwards', after = null } = request;
    const limit = readLimit(request);
    const head = await headOf(this.readModel, request);
    if ((await this.readModel.store.streamRevision(stream)) === 'no-stream') throw new NotFound('No stream has this name.');
    const from = after === null ? null : direction === 'forwards' ? after + 1n : after - 1n;
    const events = from !== null && from < 0n ? [] : await collect(this.readModel.store.readStream(stream, { direction, limit: limit + 1, ...given('from', from) }));
    return pageOf(head, events, limit, ({ revision }) => revision);
  }
}

function given<K extends string, T>(name: K, value: T | null | undefined): { readonly [P in K]?: T } {
  return value === null || value === undefined ? {} : ({ [name]: value } as { readonly [P in K]: T });
}

function readLimit({ limit }: LogRequest): number {
  const read = limit ?? 100;
  if (Number.isInteger(read) && read >= 1 && read <= maximumLimit) return read;
  throw new ParameterFaults([{ parameter: 'limit', detail: `The value must be a whole number from 1 to ${maximumLimit}.` }]);
}

/** Of the log as it is before it is read: what comes meanwhile may be among the items, never behind the position in silence. */
async function headOf({ store, projections }: ReadModel, { minPosition = null }: LogRequest): Promise<bigint> {
  const head = await store.head();
  if (minPosition === null || minPosition <= head) return head;
  await projections.waitFor(minPosition, minPositionWaitMs);
  return store.head();
}

async function collect(events: AsyncIterable<RecordedEvent>): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function pageOf(head: bigint, events: readonly RecordedEvent[], limit: number, cursor: (event: RecordedEvent) => bigint): Page<EventView> {
  const items = events.slice(0, limit);
  const last = events.length > limit ? items.at(-1) : undefined;
  return { position: head.toString(), items: items.map(viewOf), next: last ? cursor(last).toString() : null };
}
