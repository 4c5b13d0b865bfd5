import type { RsvpSender } from '#signalling';
import type { ActiveSender, QosSession } from './qos-session';
import type { Random } from './random';

const second = 1_000_000;

/** What changes among the senders of a session while it runs: senders of a list come and go, a security association is keyed anew. */
export function beginChanges(session: QosSession, random: Random, active: readonly ActiveSender[]): void {
  const { style, generalized, laterSenders } = session.plan;
  if (style === 'SE' && laterSenders.length > 0) comeAndGo(session, random, active, laterSenders);
  if (generalized && style === 'FF') keyAnew(session, random, active[0]!);
}

/** The one that has sent longest leaves, another comes; the list is never empty. */
function comeAndGo(session: QosSession, random: Random, active: readonly ActiveSender[], away: readonly RsvpSender[]): void {
  session.inThisRun(random.between(8, 40) * second, () => {
    const [next, ...rest] = away;
    const added = { sender: next!, log: active[0]!.log };
    session.add(added);
    session.inThisRun(random.between(4, 20) * second, () => {
      session.remove(active[0]!);
      comeAndGo(session, random, [...active.slice(1), added], [...rest, active[0]!.sender]);
    });
  });
}

/** RFC 2207: a new SPI is a new session for RSVP; the old one is torn down when what was under way has come. */
function keyAnew(session: QosSession, random: Random, old: ActiveSender): void {
  session.inThisRun(random.between(30, 90) * second, () => {
    const spi = random.integer(256, 0xffff_ffff);
    const added = { sender: { ...old.sender, spi }, log: session.newLog(old.log) };
    session.add(added);
    session.inThisRun(random.between(2, 5) * second, () => {
      session.remove(old);
      keyAnew(session, random, added);
    });
  });
}
