export interface ParameterFault {
  /** Name of the query parameter. */
  readonly parameter: string;
  readonly detail: string;
}

/** The parameters of a read are no question that can be answered: 400 with all of them. */
export class ParameterFaults extends Error {
  override readonly name = 'ParameterFaults';
  constructor(readonly faults: readonly ParameterFault[]) {
    super(faults.map(({ parameter, detail }) => `${parameter}: ${detail}`).join(' '));
  }
}
