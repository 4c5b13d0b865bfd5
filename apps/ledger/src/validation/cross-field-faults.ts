import { isUnicast, isUnspecified, poolRangeFault, type PoolRange, type TemporaryField } from '#domain';
import { ConfigureQosSession, ProvisionForeignAgent, RegisterMobileNode, type PoolsBody } from '#ledger';
import type { Fault } from '../problems/problem';

/** Faults between the fields of a body whose fields are each right, judged on canonical values. */
export function crossFieldFaults(body: object): readonly Fault[] {
  if (body instanceof ProvisionForeignAgent) return [...repeatedAddresses(body.careOfAddresses ?? []), ...poolFaults(body.pools)];
  if (body instanceof ConfigureQosSession) {
    return ConfigureQosSession.faults(body).map(({ pointer, detail }) => ({ pointer, detail: asSentence(detail) }));
  }
  if (body instanceof RegisterMobileNode) return homeFaults(body);
  return [];
}

/** A home agent is asked by its own address; a home address may be all zeros, and is then to be given (RFC 5944 §3.3). */
function homeFaults({ homeAgent, homeAddress }: RegisterMobileNode): Fault[] {
  const fault = (name: 'homeAgent' | 'homeAddress'): Fault => ({ pointer: `/${name}`, detail: 'The field must be a unicast address.' });
  const isGiven = isUnspecified(homeAddress) || isUnicast(homeAddress);
  return [...(isUnicast(homeAgent) ? [] : [fault('homeAgent')]), ...(isGiven ? [] : [fault('homeAddress')])];
}

/** Two spellings of one address are different texts: the schema cannot tell. */
function repeatedAddresses(addresses: readonly string[]): Fault[] {
  return addresses.flatMap((address, index) => {
    const first = addresses.indexOf(address);
    return first === index ? [] : [{ pointer: `/careOfAddresses/${index}`, detail: `The address is the same as entry ${first}.` }];
  });
}

function poolFaults(pools: PoolsBody | undefined): Fault[] {
  return Object.entries(pools ?? {}).flatMap(([field, range]) => {
    const fault = range ? poolRangeFault(field as TemporaryField, range as PoolRange) : null;
    return fault ? [{ pointer: `/pools/${field}${fault.path}`, detail: asSentence(fault.detail) }] : [];
  });
}

/** The domain tells what is wrong with a field without naming it again. */
function asSentence(detail: string): string {
  return /^(is|does|has|must|overlaps) /.test(detail) ? `The field ${detail}.` : `${detail[0]!.toUpperCase()}${detail.slice(1)}.`;
}
