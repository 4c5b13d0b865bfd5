import * as grpc from '@grpc/grpc-js';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { ReadReq, type AppendReq, type AppendResp, type ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { NodeLog, type NodeVerdict, type ProposedEvent } from './eventstoredb-log.testing';
import { clusterInfo, confirmation, exception, nameOf, notFound, proposed, readResponse, respond, subscriptionOf, supportedMethods } from './eventstoredb-wire.testing';

export type NodeFault =
  /** Nothing is done and no answer comes, until `thaw`. */
  | 'frozen'
  /** Done, and no answer comes. */
  | 'answer-lost'
  /** Done, and the connection's end is the answer. */
  | 'unavailable-after'
  /** Not done. */
  | 'unavailable'
  /** Not done; the answer of a node that gave up on its followers. */
  | 'timeout'
  /** Not done; the leader is another. */
  | 'not-leader'
  /** Not done; a follower while nobody leads. */
  | 'no-leader'
  /** Done, and the node's handler throws behind it. */
  | 'exception-after'
  | 'access-denied'
  /** Not done; how a node that is told to stop ends its calls. */
  | 'reset'
  /** Done half a second late. */
  | 'slow'
  /** Done twice, as after a lost answer; the second answer is given. */
  | 'duplicate';

type AppendCall = grpc.ServerReadableStream<AppendReq, AppendResp>;
type ReadCall = grpc.ServerWritableStream<ReadReq, ReadResp>;

/**
 * Speaks EventStoreDB's wire protocol with the client's own stubs, over a log that outlives it. For the adapter's tests without a
 * node: what it answers is what a real node was seen to answer.
 */
export class EventStoreDbDouble {
  /** Asked before every call. */
  fault: (call: 'append' | 'read' | 'subscribe' | 'gossip') => NodeFault | undefined = () => undefined;
  /** What it says of the cluster; a node alone leads itself. */
  leader = { host: '127.0.0.1', port: 0 };
  /** Ports of the whole cluster. */
  members: readonly number[] = [];
  /** What appends and reads were sent with. */
  readonly authorizations = new Set<string>();
  readonly calls = { append: 0, read: 0, subscribe: 0, batchAppend: 0 };
  readonly #held: (() => void)[] = [];
  readonly #subscriptions = new Set<ReadCall>();
  #server: grpc.Server | undefined;
  #port = 0;

  constructor(readonly log = new NodeLog()) {}

  get port(): number {
    return this.#port;
  }

  get connectionString(): string {
    return `esdb://127.0.0.1:${this.#port}?tls=false`;
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** On the port it had before, if it had one. */
  async start(credentials: grpc.ServerCredentials = grpc.ServerCredentials.createInsecure()): Promise<this> {
    const server = new grpc.Server({ 'grpc.max_receive_message_length': 17 * 1_048_576 });
    const getSupportedMethods = (_: unknown, answer: grpc.sendUnaryData<SupportedMethods>): void => answer(null, supportedMethods());
    server.addService(ServerFeaturesService, { getSupportedMethods });
    const read = (_: unknown, answer: grpc.sendUnaryData<ClusterInfo>): void => {
      const reply = (): void => answer(null, clusterInfo(this.members.length > 0 ? this.members : [this.#port], this.leader.port || this.#port));
      this.#under(this.fault('gossip'), reply, () => undefined, (error) => answer(error));
    };
    server.addService(GossipService, { read });
    const refuse = (_: unknown, answer: grpc.sendUnaryData<never>): void => answer({ code: grpc.status.UNIMPLEMENTED });
    const batchAppend = (call: grpc.ServerDuplexStream<unknown, unknown>): void => {
      this.calls.batchAppend += 1;
      call.emit('error', Object.assign(new Error('this double has no batch append: the adapter must not use it'), { code: grpc.status.UNIMPLEMENTED }));
    };
    server.addService(StreamsService, {
      append: (call: AppendCall, answer: grpc.sendUnaryData<AppendResp>) => this.#append(call, answer),
      read: (call: ReadCall) => this.#read(call),
      delete: refuse,
      tombstone: refuse,
      batchAppend,
    });
    this.#port = await new Promise((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${this.#port}`, credentials, (error, port) => (error ? reject(error) : resolve(port))),
    );
    this.#server = server;
    return this;
  }

  /** As if killed: connections end at once. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#subscriptions.clear();
    this.#held.length = 0;
  }

  /** Every call that hangs goes on. */
  thaw(): void {
    for (const go of this.#held.splice(0)) go();
  }

  dropSubscriptions(how: 'error' | 'clean end'): void {
    for (const call of [...this.#subscriptions]) {
      this.#subscriptions.delete(call);
      if (how === 'error') call.emit('error', Object.assign(new Error('Connection dropped'), { code: grpc.status.UNAVAILABLE }));
      else call.end();
    }
  }

  #append(call: AppendCall, answer: grpc.sendUnaryData<AppendResp>): void {
    this.calls.append += 1;
    this.#noteUser(call.metadata);
    let options: AppendReq.Options | undefined;
    const events: ProposedEvent[] = [];
    call.on('data', (request: AppendReq) => {
      if (request.hasOptions()) options = request.getOptions();
      else events.push(proposed(request.getProposedMessage()!));
    });
    call.on('error', () => undefined);
    let cut = false;
    call.on('cancelled', () => (cut = true));
    const settle = (): void => {
      if (cut || call.cancelled) return;
      const expected = options!.hasNoStream() ? null : BigInt(options!.getRevision());
      const done = (): NodeVerdict => this.log.append(nameOf(options!.getStreamIdentifier()!), expected, events);
      const reply = (): void => respond(done(), expected, answer);
      this.#under(this.fault('append'), reply, done, (error) => answer(error));
    };
    // A caller that was killed while it sent ends as well, and may be told to be gone only then: a node writes all of an append or nothing.
    call.on('end', () => setTimeout(settle, 2));
  }

  #noteUser(metadata: grpc.Metadata): void {
    for (const value of metadata.get('authorization')) this.authorizations.add(String(value));
  }

  #under(fault: NodeFault | undefined, reply: () => void, done: () => void, fail: (error: Partial<grpc.StatusObject>) => void): void {
    switch (fault) {
      case 'frozen':
        this.#held.push(reply);
        return;
      case 'answer-lost':
        done();
        return;
      case 'unavailable-after':
        done();
        return fail({ code: grpc.status.UNAVAILABLE, details: 'read ECONNRESET' });
      case 'unavailable':
        return fail({ code: grpc.status.UNAVAILABLE, details: 'Connection dropped' });
      case 'timeout':
        return fail({ code: grpc.status.ABORTED, details: '' });
      case 'reset':
        return fail({ code: grpc.status.INTERNAL, details: 'Received RST_STREAM with code 0' });
      case 'access-denied':
        return fail({ code: grpc.status.UNAUTHENTICATED, details: '', metadata: exception('access-denied') });
      case 'no-leader':
        return fail({ code: grpc.status.UNKNOWN, details: 'No leader info available in response' });
      case 'exception-after':
        done();
        return fail({ code: grpc.status.UNKNOWN, details: 'Exception was thrown by handler.' });
      case 'not-leader':
        return fail({ code: grpc.status.NOT_FOUND, details: 'Leader info available', metadata: exception('not-leader', leaderFacts(this.leader)) });
      case 'slow':
        setTimeout(reply, 500);
        return;
      case 'duplicate':
        done();
        return reply();
      case undefined:
        return reply();
    }
  }

  #read(call: ReadCall): void {
    const options = call.request.getOptions()!;
    const kind = options.hasSubscription() ? 'subscribe' : 'read';
    this.calls[kind] += 1;
    this.#noteUser(call.metadata);
    call.on('error', () => undefined);
    const fail = (error: Partial<grpc.StatusObject>): void => void call.emit('error', Object.assign(new Error(error.details), error));
    const reply = (): void => (kind === 'subscribe' ? this.#subscribe(call, options) : this.#answerRead(call, options, fail));
    this.#under(this.fault(kind), reply, () => undefined, fail);
  }

  #answerRead(call: ReadCall, options: ReadReq.Options, fail: (error: Partial<grpc.StatusObject>) => void): void {
    const backwards = options.getReadDirection() === ReadReq.Options.ReadDirection.BACKWARDS;
    const count = Number(options.getCount());
    if (options.hasAll()) {
      const from = BigInt(options.getAll()!.getPosition()?.getCommitPosition() ?? 0);
      const known = from === 0n || from > (this.log.all.at(-1)?.commit ?? 0n) || this.log.all.some(({ commit }) => commit === from);
      if (backwards || !known) return fail({ code: grpc.status.UNKNOWN, details: 'Unexpected ReadAllResult: InvalidPosition' });
      for (const event of this.log.all.filter(({ commit }) => commit >= from).slice(0, count)) call.write(readResponse(event));
      call.end();
      return;
    }
    const name = nameOf(options.getStream()!.getStreamIdentifier()!);
    if (this.log.isDeleted(name)) return fail({ code: grpc.status.FAILED_PRECONDITION, details: 'deleted', metadata: exception('stream-deleted', { 'stream-name': name }) });
    const events = this.log.stream(name);
    if (events.length === 0) call.write(notFound(name));
    else for (const event of (backwards ? events.toReversed() : events).slice(0, count)) call.write(readResponse(event));
    call.end();
  }

  #subscribe(call: ReadCall, options: ReadReq.Options): void {
    const { matches, after } = subscriptionOf(options);
    let next = this.log.all.findIndex(({ commit }) => commit > after);
    if (next < 0) next = this.log.all.length;
    let blocked = false;
    const send = (): void => {
      while (!blocked && next < this.log.all.length) {
        const event = this.log.all[next++]!;
        if (matches(event)) blocked = !call.write(readResponse(event));
      }
    };
    const over = this.log.onAppend(() => this.#subscriptions.has(call) && send());
    const end = (): void => {
      over();
      this.#subscriptions.delete(call);
    };
    call.on('drain', () => {
      blocked = false;
      send();
    });
    call.on('cancelled', end);
    call.on('close', end);
    this.#subscriptions.add(call);
    call.write(confirmation());
    send();
  }
}

const leaderFacts = ({ host, port }: EventStoreDbDouble['leader']): Readonly<Record<string, string>> => ({
  'leader-endpoint-host': host,
  'leader-endpoint-port': String(port),
});
