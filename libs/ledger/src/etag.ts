/**
 * The entity tag of a QoS session (RFC 9110 §8.8.3): the stream revision of its last change. A lease that is extended is none.
 * @param revision decimal text or bigint
 */
export function sessionEtag(revision: string | bigint): string {
  return `"${revision}"`;
}
