export { ConfigError, printable, readConfig, type Config, type Settings } from './config';
export { startService, type Service } from './service';
