import * as grpc from '@grpc/grpc-js';
import { ClusterInfo, EndPoint, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { SupportedMethod, SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { Empty, StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb';
import { AppendResp, ReadResp, type AppendReq, type ReadReq } from '@eventstore/db-client/generated/streams_pb';
import type { NodeVerdict, ProposedEvent, StoredEvent } from './eventstoredb-log.testing';

/** The messages of EventStoreDB's wire protocol that its double reads and writes. */
export function subscriptionOf(options: ReadReq.Options): { readonly matches: (event: StoredEvent) => boolean; readonly after: bigint } {
  const position = options.getAll()!.getPosition();
  const filter = options.getFilter();
  const expression = filter?.getEventType() ?? filter?.getStreamIdentifier();
  const regex = new RegExp(expression?.getRegex() ?? '');
  const prefixes = expression?.getPrefixList() ?? [];
  const matches = (event: StoredEvent): boolean => {
    const text = filter?.hasEventType() ? event.type : event.stream;
    return prefixes.length > 0 ? prefixes.some((prefix) => text.startsWith(prefix)) : regex.test(text);
  };
  return { matches, after: position ? BigInt(position.getCommitPosition()) : -1n };
}

export function proposed(message: AppendReq.ProposedMessage): ProposedEvent {
  return {
    id: message.getId()!.getString().toLowerCase(),
    type: message.getMetadataMap().get('type')!,
    contentType: message.getMetadataMap().get('content-type')!,
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

export function respond(verdict: NodeVerdict, expected: bigint | null, answer: grpc.sendUnaryData<AppendResp>): void {
  if (typeof verdict === 'string') {
    const metadata = exception(verdict, { 'stream-name': 'deleted', 'maximum-append-size': '1048576' });
    return answer({ code: grpc.status.FAILED_PRECONDITION, details: verdict, metadata });
  }
  const response = new AppendResp();
  if ('last' in verdict) {
    const success = new AppendResp.Success();
    success.setCurrentRevision(String(verdict.last));
    const position = new AppendResp.Position();
    position.setCommitPosition(String(verdict.commit));
    position.setPreparePosition(String(verdict.commit));
    success.setPosition(position);
    response.setSuccess(success);
  } else {
    const wrong = new AppendResp.WrongExpectedVersion();
    if (verdict.wrong === null) wrong.setCurrentNoStream(new Empty());
    else wrong.setCurrentRevision(String(verdict.wrong));
    if (expected === null) wrong.setExpectedNoStream(new Empty());
    else wrong.setExpectedRevision(String(expected));
    response.setWrongExpectedVersion(wrong);
  }
  answer(null, response);
}

export function readResponse(event: StoredEvent): ReadResp {
  const recorded = new ReadResp.ReadEvent.RecordedEvent();
  const id = new UUID();
  id.setString(event.id);
  recorded.setId(id);
  recorded.setStreamIdentifier(identifier(event.stream));
  recorded.setStreamRevision(String(event.revision));
  recorded.setCommitPosition(String(event.commit));
  recorded.setPreparePosition(String(event.commit));
  recorded.getMetadataMap().set('type', event.type).set('content-type', event.contentType).set('created', String(event.createdTicks));
  recorded.setData(event.data);
  recorded.setCustomMetadata(event.metadata);
  const read = new ReadResp.ReadEvent();
  read.setEvent(recorded);
  read.setCommitPosition(String(event.commit));
  const response = new ReadResp();
  response.setEvent(read);
  return response;
}

export function notFound(stream: string): ReadResp {
  const missing = new ReadResp.StreamNotFound();
  missing.setStreamIdentifier(identifier(stream));
  const response = new ReadResp();
  response.setStreamNotFound(missing);
  return response;
}

function identifier(stream: string): StreamIdentifier {
  const made = new StreamIdentifier();
  made.setStreamName(new Uint8Array(Buffer.from(stream)));
  return made;
}

export const nameOf = (made: StreamIdentifier): string => Buffer.from(made.getStreamName_asU8()).toString('utf8');

export function exception(name: string, facts: Readonly<Record<string, string>> = {}): grpc.Metadata {
  const metadata = new grpc.Metadata();
  for (const [key, value] of Object.entries({ exception: name, ...facts })) metadata.set(key, value);
  return metadata;
}

export function supportedMethods(): SupportedMethods {
  const methods = new SupportedMethods();
  methods.setEventStoreServerVersion('23.10.8.double');
  methods.setMethodsList(
    ['append', 'read', 'batchappend'].map((name) => {
      const method = new SupportedMethod();
      method.setServiceName('event_store.client.streams.streams');
      method.setMethodName(name);
      return method;
    }),
  );
  return methods;
}

export function confirmation(): ReadResp {
  const confirmed = new ReadResp.SubscriptionConfirmation();
  confirmed.setSubscriptionId('double');
  const response = new ReadResp();
  response.setConfirmation(confirmed);
  return response;
}

export function clusterInfo(ports: readonly number[], leaderPort: number): ClusterInfo {
  const info = new ClusterInfo();
  info.setMembersList(
    ports.map((port) => {
      const endpoint = new EndPoint();
      endpoint.setAddress('127.0.0.1');
      endpoint.setPort(port);
      const member = new MemberInfo();
      member.setInstanceId(new UUID());
      member.setState(port === leaderPort ? MemberInfo.VNodeState.LEADER : MemberInfo.VNodeState.FOLLOWER);
      member.setIsAlive(true);
      member.setHttpEndPoint(endpoint);
      return member;
    }),
  );
  return info;
}
