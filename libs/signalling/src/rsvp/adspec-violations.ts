import type { Adspec, Violation } from '../messages';

/** RFC 2215 §3: what the composed parameters of a path may hold. An error of traffic control, bad ADSPEC value (RFC 2205 App. B). */
export function* adspecViolations({ hops, bandwidth, pathMtu }: Adspec): Generator<Violation> {
  if (hops !== null && hops > maximumHops) yield odd('adspec-hops-invalid', `${hops} IntServ hops, more than ${maximumHops} (RFC 2215 §3.2)`);
  if (bandwidth !== null && !(bandwidth >= 0)) yield odd('adspec-bandwidth-invalid', `a path bandwidth of ${bandwidth} bytes/s (RFC 2215 §3.3)`);
  if (pathMtu === 0) yield odd('adspec-mtu-zero', 'a path MTU of 0 bytes (RFC 2215 §3.5)');
}

const maximumHops = 255;

function odd(name: string, what: string): Violation {
  return { name, detail: `The ADSPEC tells ${what}.`, code: 21, value: 5 };
}
