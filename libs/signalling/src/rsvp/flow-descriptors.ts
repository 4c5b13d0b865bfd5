import type { FlowDescriptor, Flowspec, RsvpSender } from '../messages';
import type { FlowPart } from './rsvp-draft';
import type { Style } from './style';

/**
 * RFC 2205 §3.1.4. WF: a flowspec and no sender. FF: each sender has a flowspec, where it is left out the one before holds.
 * SE: a flowspec, then the senders that share it. A tear may have no flowspec at all (§3.1.6).
 */
export function flowDescriptors(style: Style | null, parts: readonly FlowPart[]): FlowDescriptor[] {
  switch (style) {
    case 'WF':
      return parts.flatMap((part) => (part.part === 'flowspec' ? [{ flowspec: part.flowspec, senders: [] }] : []));
    case 'SE':
      return sharedDescriptors(parts);
    case 'FF':
    case null:
      return fixedDescriptors(parts);
  }
}

function fixedDescriptors(parts: readonly FlowPart[]): FlowDescriptor[] {
  const descriptors: FlowDescriptor[] = [];
  let flowspec: Flowspec | null = null;
  for (const part of parts) {
    if (part.part === 'flowspec') flowspec = part.flowspec;
    else descriptors.push({ flowspec, senders: [part.sender] });
  }
  return descriptors;
}

function sharedDescriptors(parts: readonly FlowPart[]): FlowDescriptor[] {
  const descriptors: { flowspec: Flowspec | null; senders: RsvpSender[] }[] = [];
  for (const part of parts) {
    if (part.part === 'flowspec') descriptors.push({ flowspec: part.flowspec, senders: [] });
    else if (descriptors.length === 0) descriptors.push({ flowspec: null, senders: [part.sender] });
    else descriptors.at(-1)!.senders.push(part.sender);
  }
  return descriptors;
}
