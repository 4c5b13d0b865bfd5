/** Names of streams: storage format, for ever. The category stands before the first hyphen. */

export const foreignAgentsStream = 'foreignAgents';

export function flowTableStream(foreignAgent: string, careOfAddress: string): string {
  return `flowTable-${foreignAgent}@${careOfAddress}`;
}

export function mobileNodeStream(mobileNode: string): string {
  return `mobileNode-${mobileNode}`;
}
