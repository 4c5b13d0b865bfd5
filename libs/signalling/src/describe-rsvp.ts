import { type Json, toHex, withoutNull } from './describe-message';
import type { Adspec, Flowspec, RsvpMessage, RsvpObject, RsvpSender, RsvpSession, TokenBucket } from './messages';

/** The fields of an RSVP message in `decode --json`. */
export function describeRsvp(message: RsvpMessage): Record<string, Json> {
  const { session, hop, sender, error, confirm, sessionAssoc, adspec } = message;
  return {
    te: message.te ? true : null,
    flags: message.flags,
    sendTtl: message.sendTtl,
    // A tunnel's session (RSVP-TE) has neither protocol nor port: told as such, not as zeros.
    session: session === null ? null : message.te ? { destination: session.destination } : describeSession(session),
    hop: hop === null ? null : { address: hop.address, lih: hop.lih },
    refreshPeriodMs: message.refreshPeriodMs,
    style: message.style,
    ...describeFlows(message),
    ...(sender === null ? {} : { sender: describeSender(sender) }),
    tspec: message.senderTspec === null ? null : describeTokenBucket(message.senderTspec),
    adspec: adspec === null ? null : describeAdspec(adspec),
    error: error === null ? null : { node: error.node, flags: error.flags, code: error.code, value: error.value },
    confirm: confirm === null ? null : { receiver: confirm.receiver },
    scope: message.scope.length === 0 ? null : message.scope,
    sessionAssoc:
      sessionAssoc === null ? null : { session: describeSession(sessionAssoc.session), sender: describeSender(sessionAssoc.sender) },
    objects: message.objects.map(describeObject),
  };
}

/**
 * A single sender has its flowspec beside it; a list (SE, or several of FF) holds a flowspec in each of its senders. WF has a
 * flowspec and no sender.
 */
function describeFlows({ flowDescriptors, style }: RsvpMessage): Record<string, Json> {
  const flows = flowDescriptors.flatMap(({ flowspec, senders }) => senders.map((sender) => ({ sender, flowspec })));
  const fields: Record<string, Json> = {};
  const only = flows.length === 1 ? flows[0] : undefined;
  if (only !== undefined) Object.assign(fields, { sender: describeSender(only.sender) }, describeFlowspec(only.flowspec));
  if (flows.length > 1 || (flows.length === 1 && style === 'SE')) {
    fields['senders'] = flows.map(({ sender, flowspec }) => ({ ...describeSender(sender), ...describeFlowspec(flowspec) }));
  }
  const first = flowDescriptors.find(({ flowspec }) => flowspec !== null);
  if (flows.length === 0 && first !== undefined) Object.assign(fields, describeFlowspec(first.flowspec));
  if (first !== undefined && fields['service'] === undefined) fields['service'] = first.flowspec?.service ?? null;
  return fields;
}

function describeFlowspec(flowspec: Flowspec | null): Record<string, Json> {
  if (flowspec === null) return {};
  const { service, tspec, rspec } = flowspec;
  const fields: Record<string, Json> = { service, flowspec: describeTokenBucket(tspec) };
  if (rspec !== null) fields['rspec'] = { R: describeNumber(rspec.R), S: rspec.S };
  return fields;
}

function describeSession({ destination, protocol, destinationPort, generalized }: RsvpSession): { readonly [key: string]: Json } {
  return withoutNull({ destination, protocol, destinationPort, generalized: generalized ? true : null });
}

function describeSender({ source, sourcePort, flowLabel, spi }: RsvpSender): { readonly [key: string]: Json } {
  return withoutNull({ source, sourcePort, flowLabel, spi });
}

function describeTokenBucket({ r, b, p, m, M }: TokenBucket): Json {
  return { r: describeNumber(r), b: describeNumber(b), p: describeNumber(p), m, M };
}

function describeAdspec({ breakBit, hops, bandwidth, latencyMicroseconds, pathMtu, guaranteed, controlledLoad }: Adspec): Json {
  return withoutNull({
    breakBit,
    hops,
    bandwidth: bandwidth === null ? null : describeNumber(bandwidth),
    latencyMicroseconds,
    pathMtu,
    guaranteed: guaranteed === null ? null : withoutNull({ ...guaranteed }),
    controlledLoad: controlledLoad === null ? null : { breakBit: controlledLoad.breakBit },
  });
}

function describeObject({ classNumber, cType, name, unknownAction, bytes }: RsvpObject): Json {
  return withoutNull({ classNumber, cType, name, unknownAction, bytes: toHex(bytes) });
}

/** JSON has no infinity and no NaN: both are told as the words. */
function describeNumber(value: number): Json {
  return Number.isFinite(value) ? value : String(value);
}
