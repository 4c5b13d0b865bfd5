import type { RsvpMessage, RsvpSender, SignallingMessage, TokenBucket } from '#signalling';

const protocolNames: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 33: 'dccp', 47: 'gre', 50: 'esp', 51: 'ah', 58: 'icmp6', 89: 'ospf', 132: 'sctp', 136: 'udplite' };

export function protocolName(protocol: number | null | undefined): string {
  if (protocol === null || protocol === undefined) return '';
  return protocolNames[protocol] ?? String(protocol);
}

/** The few facts of a message by which a person tells it from the next one. */
export function messageFacts(message: SignallingMessage): string {
  switch (message.kind) {
    case 'registration-request': {
      const asked = message.lifetimeSeconds === 0 ? 'deregisters' : `asks ${lifetime(message.lifetimeSeconds)}`;
      const flags = message.flags.length > 0 ? `, ${message.flags.join('')}` : '';
      return `${message.nai ?? message.homeAddress} ${asked}, home agent ${message.homeAgent}, care-of ${message.careOfAddress}${flags}`;
    }
    case 'registration-reply':
      return `${message.nai ?? message.homeAddress} code ${message.code}, granted ${lifetime(message.lifetimeSeconds)}, home agent ${message.homeAgent}`;
    case 'registration-revocation':
      return `${message.nai ?? message.homeAddress}, home ${message.homeDomainAgent}, foreign ${message.foreignDomainAgent}`;
    case 'registration-revocation-ack':
      return message.nai ?? message.homeAddress;
    case 'agent-advertisement':
      return `care-of ${message.careOfAddresses.join(', ') || 'none'}, sequence ${message.sequenceNumber}, lifetime ${lifetime(message.registrationLifetimeSeconds)}, ${message.flags.join('')}`;
    case 'agent-solicitation':
      return '';
    default:
      return rsvpFacts(message);
  }
}

function rsvpFacts(message: RsvpMessage): string {
  const facts: string[] = [];
  const { session, error } = message;
  const senders = [...(message.sender ? [message.sender] : []), ...message.flowDescriptors.flatMap(({ senders: of }) => of)];
  if (session) {
    const from = senders.length === 0 ? 'any' : senders.map(senderText).join(', ');
    const port = session.generalized || session.destinationPort === 0 ? '' : `:${session.destinationPort}`;
    facts.push(`${protocolName(session.protocol)} ${from} → ${session.destination}${port}`);
  }
  if (message.style) facts.push(message.style);
  const flowspec = message.flowDescriptors.find(descriptor => descriptor.flowspec !== null)?.flowspec;
  if (flowspec) facts.push(flowspec.service);
  const bucket = flowspec?.tspec ?? message.senderTspec;
  if (bucket) facts.push(rateText(bucket));
  if (message.refreshPeriodMs !== null) facts.push(`every ${message.refreshPeriodMs / 1000} s`);
  // RFC 2205 Appendix B: code 0 is a confirmation and stands in ResvConf only.
  if (error) facts.push(error.code === 0 ? `confirmed by ${error.node}` : `error ${error.code}/${error.value} at ${error.node}`);
  if (message.sessionAssoc) facts.push(`tunnels ${senderText(message.sessionAssoc.sender)} → ${message.sessionAssoc.session.destination}`);
  if (message.te) facts.push('RSVP-TE');
  return facts.join(', ');
}

function senderText(sender: RsvpSender): string {
  if (sender.spi !== null) return `${sender.source} spi 0x${sender.spi.toString(16)}`;
  if (sender.flowLabel !== null) return `${sender.source} label ${sender.flowLabel}`;
  return sender.sourcePort ? `${sender.source}:${sender.sourcePort}` : sender.source;
}

function rateText({ r }: TokenBucket): string {
  const units = ['B/s', 'kB/s', 'MB/s', 'GB/s'];
  let value = r;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(3))} ${units[unit]}`;
}

function lifetime(seconds: number): string {
  return seconds === 65535 ? 'for ever' : `${seconds} s`;
}
