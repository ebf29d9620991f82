// The part of node-ipc 14.0.0 that transport.ts uses; the package ships no types.

declare module 'node-ipc' {
  import type { Server as NetServer, Socket } from 'node:net';

  type Config = {
    parser: 'raw';
    silent: boolean;
    logger: (text: string) => void;
    logPayloads: boolean;
    unlink: boolean;
    maxConnections: number;
    maxRetries: number;
    stopRetrying: boolean;
    secureSocketRoot: boolean;
    socketRoot: string;
    readableAll: boolean;
    writableAll: boolean;
  };

  type Server = {
    readonly server: NetServer | false;
    on(event: 'start', listener: () => void): unknown;
    on(event: 'error', listener: (error: Error) => void): unknown;
    on(event: 'connect', listener: (socket: Socket) => void): unknown;
    on(event: 'data', listener: (bytes: Buffer, socket: Socket) => void): unknown;
    start(): void;
    stop(): void;
    emit(socket: Socket, bytes: Buffer): boolean;
  };

  type Client = {
    readonly socket: Socket;
    on(event: 'connect', listener: () => void): unknown;
    on(event: 'data', listener: (bytes: Buffer) => void): unknown;
    emit(bytes: Buffer): boolean;
  };

  export class IPCModule {
    readonly config: Config;
    readonly server: Server;
    readonly of: Readonly<Record<string, Client>>;
    serve(path: string): void;
    connectTo(id: string, path: string): void;
    disconnect(id: string): void;
  }
}
