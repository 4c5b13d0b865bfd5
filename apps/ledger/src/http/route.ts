import { applyDecorators, RequestMapping, RequestMethod } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { LedgerCommand, ListColumns } from '#ledger';
import type { Shape } from '../answers/shape';
import type { Role } from '../tokens';
import type { BodyClass } from '../validation/json-schema';
import type { Parameters } from './parameter';

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

export interface Route<P extends Parameters = Parameters, C extends LedgerCommand<unknown> = LedgerCommand<unknown>> {
  readonly method: Method;
  /** With `{name}` for each parameter of the path, as OpenAPI writes it. */
  readonly path: string;
  readonly summary: string;
  /** `anyone`: no token is asked for. */
  readonly role: Role | 'anyone';
  /** Of path and query; those that `path` names are of the path. */
  readonly parameters: P;
  /** A list: every column is a parameter too, and filters. */
  readonly columns?: ListColumns;
  /** The command whose decorated fields are the body. */
  readonly command?: BodyClass<C>;
  /** A command all the same where its body is streamed: it has a key. */
  readonly keyed?: boolean;
  /** The body is a capture, streamed. */
  readonly capture?: boolean;
  /** The body is NDJSON, streamed. */
  readonly lines?: boolean;
  /** What is answered, by status; the problems stand beside it. */
  readonly answers: Readonly<Record<number, string>>;
  /** What an answer of JSON looks like. */
  readonly answer?: Shape;
  /** The same of a list or of lines: a row, or a line. */
  readonly row?: Shape;
  /** Media types of the answers; `application/json` where absent. */
  readonly answerTypes?: readonly string[];
}

/** Routes by tag and name. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Route>>>>;

/** Keeps the exact types of the parameters and the command. */
export function route<const P extends Parameters, C extends LedgerCommand<unknown> = never>(definition: Route<P, C>): Route<P, C> {
  return definition;
}

/**
 * Every command but a DELETE has a body, if only `{}`: what comes without a body and its type may be the form of a page of another site, which
 * a browser sends without asking.
 */
export const hasBody = ({ command, method }: Route): boolean => command !== undefined && method !== 'DELETE';

/** The path as the router has it: `:name` for each of its parameters. */
export const pathPattern = ({ path }: Route): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/** Binds a controller's method to its route; the route goes with every request that matches. */
export function Handles(definition: Route): MethodDecorator {
  return applyDecorators(RequestMapping({ method: RequestMethod[definition.method], path: pathPattern(definition) }), RouteConfig({ route: definition }));
}

/** The route that a request matched; undefined where none did. */
export function routeOf(request: FastifyRequest): Route | undefined {
  return (request.routeOptions.config as { readonly route?: Route }).route;
}
