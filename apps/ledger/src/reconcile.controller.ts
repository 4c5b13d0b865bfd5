import type { Readable } from 'node:stream';
import { Controller, HttpCode, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowIdText } from '#domain';
import { AgentFlow, agentFlowFaults, flowIdOf, ReconcileForeignAgent, type AgentSide, type Reconciliation, readMobileNodeId } from '#ledger';
import { reconciliation } from './answers/reconcile-shapes';
import { maximumBatchLines } from './batch.controller';
import { answer } from './http/answer';
import { Asks, contextOf, digestOf, type Asked } from './http/asked';
import { bodyLines, type BodyLine } from './http/body-lines';
import { maximumBodyBytes } from './http/body-parser';
import { jsonOfLine } from './http/json-line';
import { flag, foreignAgentId, optionalAddress, position } from './http/parameter';
import { Handles, route } from './http/route';
import { malformed, Problem, type Fault } from './problems/problem';
import { BodyReader } from './validation/body-reader';

export const reconcileRoutes = {
  reconcile: route({
    method: 'POST',
    path: '/v1/foreign-agents/{foreignAgent}/reconcile',
    summary: 'This is my table: a flow a line (`careOfAddress`, `effective`, and `sessionId`, `mobileNode`, `flow` where known); what differs is answered, as JSON.',
    role: 'writer',
    parameters: {
      foreignAgent: foreignAgentId,
      apply: flag('Release what the agent no longer holds (cause `reconciled`). Sent again it finds that done.'),
      careOfAddress: optionalAddress('The lines are the table of this care-of address alone.'),
      asOfPosition: position('The table is of this position of the ledger: sessions that changed later are left out.'),
    },
    lines: true,
    keyed: true,
    answers: { 200: 'What differs, with both sides. A line that cannot be read is a problem that names it, and nothing is applied.' },
    answer: reconciliation,
  }),
};

/** Of faulty lines, so many are told. */
const maximumFaults = 100;
/** Read in one turn of the event loop. */
const linesPerTurn = 256;

@Controller()
export class ReconcileController {
  readonly #reader = new BodyReader(AgentFlow);

  constructor(private readonly commands: CommandBus) {}

  @Handles(reconcileRoutes.reconcile)
  @HttpCode(200)
  async reconcile(
    @Asks() { parameters }: Asked<typeof reconcileRoutes.reconcile>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Reconciliation> {
    const { foreignAgent, apply, careOfAddress, asOfPosition } = parameters;
    const faults: Fault[] = [];
    const asked = [apply, careOfAddress, asOfPosition === null ? null : String(asOfPosition)];
    const context = contextOf(request, () => digestOf(request.method, request.routeOptions.url!, request.params, new Map(), [asked, flows]), faults);
    // No body at all is no empty table: with `apply` it would release everything that the agent has.
    if (!request.body) faults.push({ pointer: '', detail: 'There is no body: a table is sent as lines of JSON, also an empty one.' });
    if (faults.length > 0) throw malformed(faults);
    const flows = await this.#read(request, careOfAddress);
    const command = Object.assign(new ReconcileForeignAgent(foreignAgent, flows, { apply, careOfAddress, asOfPosition }), { context });
    void reply.header('cache-control', 'no-store');
    return answer(reply, await this.commands.execute(command), () => false);
  }

  /** An empty table is a table. @throws Problem with every line that cannot be read */
  async #read(request: FastifyRequest, careOfAddress: string | null): Promise<AgentSide[]> {
    const flows: AgentSide[] = [];
    const faults: Fault[] = [];
    const lineOf = new Map<string, number>();
    let count = 0;
    for await (const line of bodyLines(request.body as Readable, maximumBodyBytes)) {
      if (++count > maximumBatchLines) throw new Problem('body-too-large', `A table may have ${maximumBatchLines} lines; tell each care-of address alone.`);
      if (count % linesPerTurn === 0) await new Promise(setImmediate);
      const read = this.#readLine(line, careOfAddress);
      const key = 'faults' in read ? null : `${read.careOfAddress} ${flowIdText(read.effective)}`;
      if ('faults' in read) faults.push(...read.faults.map((fault) => ({ ...fault, line: line.number })));
      else if (lineOf.has(key!)) faults.push({ line: line.number, pointer: '/effective', detail: `The flow is that of line ${lineOf.get(key!)}.` });
      else flows.push(read);
      if (key !== null && !lineOf.has(key)) lineOf.set(key, line.number);
    }
    if (faults.length > 0) throw malformed(faults.slice(0, maximumFaults));
    return flows;
  }

  #readLine({ number, bytes }: BodyLine, only: string | null): AgentSide | { readonly faults: readonly Fault[] } {
    const json = jsonOfLine(bytes);
    if (json.faults.length > 0) return { faults: json.faults };
    const { body, faults } = this.#reader.read(json.value);
    if (body === null) return { faults };
    const across = agentFlowFaults(body);
    if (only !== null && body.careOfAddress !== only) across.push({ pointer: '/careOfAddress', detail: `The table is that of ${only}.` });
    if (across.length > 0) return { faults: across };
    const { careOfAddress, effective, sessionId = null, mobileNode, flow = null } = body;
    const node = mobileNode === undefined ? null : readMobileNodeId(mobileNode).id;
    return { careOfAddress, effective: flowIdOf(effective), sessionId, mobileNode: node, flow, line: number };
  }
}
