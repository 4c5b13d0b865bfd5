import { Controller, Header } from '@nestjs/common';
import { Asks, type Asked } from './http/asked';
import { text } from './http/parameter';
import { Handles, route } from './http/route';
import { Problem } from './problems/problem';
import { isProblemName, problemCatalogue } from './problems/problem-catalogue';

export const problemRoutes = {
  problem: route({
    method: 'GET',
    path: '/problems/{problem}',
    summary: 'What a problem means and what to do about it, for people.',
    role: 'anyone',
    parameters: { problem: text('Name of the problem.', /^[a-z0-9-]{1,64}$/, 'the name of a problem') },
    answers: { 200: 'The text.' },
    answerTypes: ['text/plain'],
  }),
};

@Controller()
export class ProblemsController {
  @Handles(problemRoutes.problem)
  @Header('content-type', 'text/plain; charset=utf-8')
  problem(@Asks() { parameters }: Asked<typeof problemRoutes.problem>): string {
    const { problem } = parameters;
    if (problem === null || !isProblemName(problem)) throw new Problem('not-found', 'No problem has this name.');
    const { status, title, remedy } = problemCatalogue[problem];
    return `${problem} (${status})\n\n${title}\n\n${remedy}\n`;
  }
}
