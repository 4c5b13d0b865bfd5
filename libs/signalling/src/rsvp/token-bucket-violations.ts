import type { TokenBucket, Violation } from '../messages';

/** RFC 2210 §3.1 and RFC 2215 §3.6: what a token bucket may hold. `owner`: the object that carries it. */
export function* tokenBucketViolations(owner: string, { r, b, p, m, M }: TokenBucket): Generator<Violation> {
  // Only the peak rate may be infinite: "the peak rate may be … positive infinity" where it is unknown.
  if (!(r >= 0 && Number.isFinite(r))) yield odd('token-rate-invalid', owner, `r = ${r} bytes/s`);
  if (!(b >= 0 && Number.isFinite(b))) yield odd('bucket-depth-invalid', owner, `b = ${b} bytes`);
  if (!(p >= 0)) yield odd('peak-rate-invalid', owner, `p = ${p} bytes/s`);
  else if (p < r) yield odd('peak-rate-below-token-rate', owner, `p = ${p} bytes/s is below r = ${r} bytes/s`);
  if (m === 0) yield odd('minimum-policed-unit-zero', owner, 'm = 0');
  if (M === 0) yield odd('maximum-packet-size-zero', owner, 'M = 0');
  else if (m > M) yield odd('minimum-policed-unit-above-maximum', owner, `m = ${m} is above M = ${M}`);
}

/** RFC 2212: the reserved rate R is at least r; it may be infinite. @param r of the token bucket beside it, bytes/s */
export function* reservedRateViolations(R: number, r: number): Generator<Violation> {
  if (!(R >= 0)) yield badRate('reserved-rate-invalid', `R = ${R} bytes/s`);
  else if (R < r) yield badRate('reserved-rate-below-token-rate', `R = ${R} bytes/s, below r = ${r} bytes/s`);
}

function badRate(name: string, values: string): Violation {
  return { name, detail: `The flowspec reserves ${values} (RFC 2212).`, code: 21, value: badFlowspec };
}

const badFlowspec = 3;

/** Traffic control error: bad flowspec value, or bad Tspec value (RFC 2205 App. B). */
const badValue: Readonly<Record<string, number>> = { flowspec: badFlowspec, 'sender-tspec': 4 };

function odd(name: string, owner: string, values: string): Violation {
  const detail = `The token bucket of the ${owner} has ${values} (RFC 2210 §3.1, RFC 2215 §3.6).`;
  return { name, detail, code: 21, ...(badValue[owner] !== undefined && { value: badValue[owner] }) };
}
