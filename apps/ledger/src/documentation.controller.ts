import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Controller, Header, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { anything, map } from './answers/shape';
import { Asks, type Asked } from './http/asked';
import { text } from './http/parameter';
import { Handles, route, type Routes } from './http/route';
import { openApiDocument } from './openapi';
import { Problem } from './problems/problem';
import { ROUTES } from './provider-names';

export const documentationRoutes = {
  openapi: route({ method: 'GET', path: '/openapi.json', summary: 'This interface, as OpenAPI 3.1.', role: 'anyone', parameters: {}, answers: { 200: 'The document.' }, answer: map(anything) }),
  docs: route({
    method: 'GET',
    path: '/docs',
    summary: 'A page to read and try the interface.',
    role: 'anyone',
    parameters: {},
    answers: { 200: 'The page.' },
    answerTypes: ['text/html'],
  }),
  docsFile: route({
    method: 'GET',
    path: '/docs/{file}',
    summary: 'A file of that page.',
    role: 'anyone',
    parameters: { file: text('Name of the file.', /^[a-z0-9.-]{1,64}$/, 'the name of a file') },
    answers: { 200: 'The file.' },
    answerTypes: ['text/css', 'text/javascript', 'image/png'],
  }),
};

/** The files of swagger-ui-dist that the page asks for; everything comes from here, nothing from other hosts. */
const mediaTypes: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>QoS session ledger: the interface</title>
<meta name="color-scheme" content="light">
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** Without a validator: the badge would ask a host of others. */
const start = `SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#api', deepLinking: true, filter: true, tryItOutEnabled: true, displayRequestDuration: true,
  defaultModelsExpandDepth: 0, validatorUrl: null,
});\n`;

@Controller()
export class DocumentationController {
  #document: string | undefined;

  constructor(@Inject(ROUTES) private readonly routes: Routes) {}

  @Handles(documentationRoutes.openapi)
  @Header('content-type', 'application/json; charset=utf-8')
  openapi(): string {
    return (this.#document ??= JSON.stringify(openApiDocument(this.routes)));
  }

  @Handles(documentationRoutes.docs)
  @Header('content-type', 'text/html; charset=utf-8')
  docs(): string {
    return page;
  }

  @Handles(documentationRoutes.docsFile)
  file(@Asks() { parameters }: Asked<typeof documentationRoutes.docsFile>, @Res({ passthrough: true }) reply: FastifyReply): string | Readable {
    const file = parameters.file!;
    void reply.header('cache-control', 'public, max-age=3600');
    if (file === 'start.js') {
      void reply.type('text/javascript; charset=utf-8');
      return start;
    }
    const mediaType = Object.hasOwn(mediaTypes, file) ? mediaTypes[file] : undefined;
    if (mediaType === undefined) throw new Problem('not-found', 'The page has no such file.');
    void reply.type(mediaType);
    return createReadStream(path.join(path.dirname(require.resolve('swagger-ui-dist/package.json')), file));
  }
}
