/** The library: a gateway inside another program. */
export {
  createGateway,
  type Gateway,
  type GatewayEvents,
  type GatewayOptions,
  type GatewayPorts,
} from './app/gateway.ts';
export { KeyFileError } from './access/key-file.ts';
export { DataDirError } from './app/data-dir.ts';
export { ListenError } from './servers/listen.ts';
export { ConfigError, type SettingsInput } from './config/load.ts';
export { type Settings } from './config/schema.ts';
