/**
 * Entity tags (RFC 9110 §8.8.3): the revision of the resource's last change in its one stream. A lease that is extended is no change.
 * @param revision decimal text or bigint
 */
export function etagOf(revision: bigint | string): string {
  return `"${revision}"`;
}

/** A session goes from scope to scope: one revision of two streams is two changes of it. */
export function sessionEtagOf(stream: string, revision: bigint | string): string {
  return `"${stream}/${revision}"`;
}

/** @param ifMatch the field as it came: `*`, or a list of tags; weak tags never match (RFC 9110 §13.1.1) */
export function etagMatches(ifMatch: string, current: string | null): boolean {
  if (current === null) return false;
  return ifMatch.trim() === '*' || ifMatch.split(',').some((tag) => tag.trim() === current);
}
