import type { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import type { Flowspec, RsvpObject, TokenBucket } from '../messages';
import { RsvpClass } from './rsvp-class';
import { rsvpObject } from './rsvp-object';
import { IntServParameter, IntServService, readServiceBlocks, writeServiceBlocks } from './service-data';

/** The IntServ C-type of FLOWSPEC, SENDER_TSPEC and ADSPEC (RFC 2210 §3); others belong to GMPLS. */
export const intServCType = 2;

function readTokenBucket(value: ByteReader): TokenBucket {
  return {
    r: value.f32('token rate'),
    b: value.f32('bucket depth'),
    p: value.f32('peak rate'),
    m: value.u32('minimum policed unit'),
    M: value.u32('maximum packet size'),
  };
}

function tokenBucketBytes({ r, b, p, m, M }: TokenBucket): Uint8Array {
  return new ByteWriter(20).f32(r).f32(b).f32(p).u32(m).u32(M).finish();
}

/** SENDER_TSPEC, RFC 2210 §3.1. Null where no service holds a token bucket. */
export function readSenderTspec(body: ByteReader): TokenBucket | null {
  for (const block of readServiceBlocks(body)) {
    const value = block.parameters.get(IntServParameter.tokenBucket);
    if (value !== undefined) return readTokenBucket(value);
  }
  return null;
}

export function senderTspecObject(tspec: TokenBucket): RsvpObject {
  const body = writeServiceBlocks([
    { service: IntServService.general, parameters: [[IntServParameter.tokenBucket, tokenBucketBytes(tspec)]] },
  ]);
  return rsvpObject(RsvpClass.senderTspec, intServCType, body);
}

/** FLOWSPEC, RFC 2210 §3.2. Null where the service is none of the two (for instance the null service of RFC 2997). */
export function readFlowspec(body: ByteReader): Flowspec | null {
  for (const { service, parameters } of readServiceBlocks(body)) {
    const bucket = parameters.get(IntServParameter.tokenBucket);
    if (bucket === undefined) continue;
    if (service === IntServService.controlledLoad) {
      return { service: 'controlled-load', tspec: readTokenBucket(bucket), rspec: null };
    }
    if (service === IntServService.guaranteed) {
      const rspec = parameters.get(IntServParameter.guaranteedRspec);
      return {
        service: 'guaranteed',
        tspec: readTokenBucket(bucket),
        rspec: rspec === undefined ? null : { R: rspec.f32('Rspec rate'), S: rspec.u32('Rspec slack') },
      };
    }
  }
  return null;
}

export function flowspecObject({ service, tspec, rspec }: Flowspec): RsvpObject {
  const bucket = [IntServParameter.tokenBucket, tokenBucketBytes(tspec)] as const;
  const rate = rspec === null ? [] : [[IntServParameter.guaranteedRspec, new ByteWriter(8).f32(rspec.R).u32(rspec.S).finish()] as const];
  const number = service === 'guaranteed' ? IntServService.guaranteed : IntServService.controlledLoad;
  return rsvpObject(RsvpClass.flowspec, intServCType, writeServiceBlocks([{ service: number, parameters: [bucket, ...rate] }]));
}
