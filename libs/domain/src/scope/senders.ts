/** One alone, or several: a Set for each would be most of a scope's memory. */
export type Members<H> = H | Set<H>;

/** Most sources are named with one port: it stands alone, and the others that come beside it in a Map. */
interface Source<H> {
  port: number;
  members: Members<H> | undefined;
  others: Map<number, Members<H>> | undefined;
}

/** Who names a sender, by its source and port. No text is made of the two: a look-up costs the hash of the source, which a text keeps. */
export class Senders<H extends string | object> {
  private readonly sources = new Map<string, Source<H>>();

  get isEmpty(): boolean {
    return this.sources.size === 0;
  }

  get(source: string, port: number): Members<H> | undefined {
    const found = this.sources.get(source);
    if (found === undefined) return undefined;
    return found.port === port ? found.members : found.others?.get(port);
  }

  add(source: string, port: number, holding: H): void {
    const found = this.sources.get(source);
    if (found === undefined) this.sources.set(source, { port, members: holding, others: undefined });
    else if (found.port === port) found.members = joined(found.members, holding);
    else addTo((found.others ??= new Map()), port, holding);
  }

  delete(source: string, port: number, holding: H): void {
    const found = this.sources.get(source);
    if (found === undefined) return;
    const { others } = found;
    if (found.port === port) {
      found.members = without(found.members, holding);
    } else if (others !== undefined) {
      deleteFrom(others, port, holding);
      if (others.size === 0) found.others = undefined;
    }
    if (found.members === undefined && found.others === undefined) this.sources.delete(source);
  }

  /** Whether one of all holdings is accepted; looks no further then. */
  some(accepts: (holding: H) => boolean): boolean {
    for (const { members, others } of this.sources.values()) {
      if (someOf(members, accepts)) return true;
      if (others !== undefined) for (const beside of others.values()) if (someOf(beside, accepts)) return true;
    }
    return false;
  }

  /** Each sender, as port and source, with who names it. */
  *entries(): Generator<[string, Members<H>]> {
    for (const [source, { port, members, others }] of this.sources) {
      if (members !== undefined) yield [`${port} ${source}`, members];
      for (const [other, beside] of others ?? []) yield [`${other} ${source}`, beside];
    }
  }
}

export function someOf<H extends string | object>(members: Members<H> | undefined, accepts: (holding: H) => boolean): boolean {
  if (members === undefined) return false;
  if (!(members instanceof Set)) return accepts(members);
  for (const member of members) if (accepts(member)) return true;
  return false;
}

export function addTo<K, H extends string | object>(map: Map<K, Members<H>>, key: K, holding: H): void {
  const before = map.get(key);
  const after = joined(before, holding);
  if (after !== before) map.set(key, after);
}

export function deleteFrom<K, H extends string | object>(map: Map<K, Members<H>>, key: K, holding: H): void {
  // A Set that keeps others is the same Set.
  if (without(map.get(key), holding) === undefined) map.delete(key);
}

export function joined<H extends string | object>(members: Members<H> | undefined, holding: H): Members<H> {
  if (members === undefined || members === holding) return holding;
  return members instanceof Set ? members.add(holding) : new Set([members, holding]);
}

export function without<H extends string | object>(members: Members<H> | undefined, holding: H): Members<H> | undefined {
  if (members === holding) return undefined;
  if (members instanceof Set && members.delete(holding) && members.size === 0) return undefined;
  return members;
}
