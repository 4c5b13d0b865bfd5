import type { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import type { Adspec, RsvpObject } from '../messages';
import { intServCType } from './flowspec';
import { RsvpClass } from './rsvp-class';
import { rsvpObject } from './rsvp-object';
import {
  IntServParameter,
  IntServService,
  readServiceBlocks,
  writeServiceBlocks,
  type ServiceBlock,
  type ServiceToWrite,
} from './service-data';

/** ADSPEC, RFC 2210 §3.3: the general fragment, then one of each service that the path offers. */
export function readAdspec(body: ByteReader): Adspec {
  const blocks = new Map<number, ServiceBlock>();
  for (const block of readServiceBlocks(body)) if (!blocks.has(block.service)) blocks.set(block.service, block);
  const general = blocks.get(IntServService.general);
  const guaranteed = blocks.get(IntServService.guaranteed);
  const controlledLoad = blocks.get(IntServService.controlledLoad);
  return {
    breakBit: general?.topBit ?? false,
    hops: integer(general, IntServParameter.hops),
    bandwidth: general?.parameters.get(IntServParameter.bandwidth)?.f32('path bandwidth') ?? null,
    latencyMicroseconds: integer(general, IntServParameter.latency),
    pathMtu: integer(general, IntServParameter.pathMtu),
    guaranteed:
      guaranteed === undefined
        ? null
        : {
            breakBit: guaranteed.topBit,
            Ctot: integer(guaranteed, IntServParameter.Ctot),
            Dtot: integer(guaranteed, IntServParameter.Dtot),
            Csum: integer(guaranteed, IntServParameter.Csum),
            Dsum: integer(guaranteed, IntServParameter.Dsum),
          },
    controlledLoad: controlledLoad === undefined ? null : { breakBit: controlledLoad.topBit },
  };
}

function integer(block: ServiceBlock | undefined, parameter: number): number | null {
  return block?.parameters.get(parameter)?.u32(`ADSPEC parameter ${parameter}`) ?? null;
}

export function adspecObject(adspec: Adspec): RsvpObject {
  const services: ServiceToWrite[] = [
    {
      service: IntServService.general,
      topBit: adspec.breakBit,
      parameters: [
        ...word(IntServParameter.hops, adspec.hops),
        ...(adspec.bandwidth === null ? [] : [[IntServParameter.bandwidth, new ByteWriter(4).f32(adspec.bandwidth).finish()] as const]),
        ...word(IntServParameter.latency, adspec.latencyMicroseconds),
        ...word(IntServParameter.pathMtu, adspec.pathMtu),
      ],
    },
  ];
  if (adspec.guaranteed !== null) {
    const { breakBit, Ctot, Dtot, Csum, Dsum } = adspec.guaranteed;
    const parameters = [
      ...word(IntServParameter.Ctot, Ctot),
      ...word(IntServParameter.Dtot, Dtot),
      ...word(IntServParameter.Csum, Csum),
      ...word(IntServParameter.Dsum, Dsum),
    ];
    services.push({ service: IntServService.guaranteed, topBit: breakBit, parameters });
  }
  if (adspec.controlledLoad !== null) {
    services.push({ service: IntServService.controlledLoad, topBit: adspec.controlledLoad.breakBit, parameters: [] });
  }
  return rsvpObject(RsvpClass.adspec, intServCType, writeServiceBlocks(services));
}

function word(parameter: number, value: number | null): (readonly [number, Uint8Array])[] {
  return value === null ? [] : [[parameter, new ByteWriter(4).u32(value).finish()]];
}
