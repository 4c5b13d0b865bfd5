export { ConfigError, printable, readConfig, type Config, type Settings } from './config';
export { startService, type Service } from './service';
export { createHttpServer } from './http/http-server';
export { createLog, nestLog } from './log';
export { Metrics } from './metrics';
export { ProblemFilter } from './problem.filter';
export { QosSessionsController } from './qos-sessions.controller';
