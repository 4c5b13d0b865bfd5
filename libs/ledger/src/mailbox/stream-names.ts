/** Names of streams: storage format, for ever. The category stands before the first hyphen. */

export const foreignAgentsStream = 'foreignAgents';

export function flowTableStream(foreignAgent: string, careOfAddress: string): string {
  return `flowTable-${foreignAgent}@${careOfAddress}`;
}

/** The scope or node that a stream is about; null for any other stream. */
export function streamSubject(stream: string): { readonly foreignAgent: string; readonly careOfAddress: string } | { readonly mobileNode: string } | null {
  if (stream.startsWith('mobileNode-')) return { mobileNode: stream.slice('mobileNode-'.length) };
  const at = stream.lastIndexOf('@');
  if (!stream.startsWith('flowTable-') || at < 0) return null;
  return { foreignAgent: stream.slice('flowTable-'.length, at), careOfAddress: stream.slice(at + 1) };
}

export function mobileNodeStream(mobileNode: string): string {
  return `mobileNode-${mobileNode}`;
}
