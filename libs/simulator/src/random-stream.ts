/**
 * Where the streams of random numbers begin: each actor draws from one of its own (the plan of a node from the stream of its
 * number), so that an actor that is added changes nothing of what the others do.
 */
export const RandomStream = {
  node: 0x2000_0000,
  agent: 0x4000_0000,
  direct: 0x6000_0000,
  handoffs: 0x7000_0000,
  reboots: 0x7000_0001,
  impairments: 0x7000_0002,
  link: 0x7100_0000,
} as const;
