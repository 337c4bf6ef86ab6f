/** A phase of an exchange; the sentences are those of docs/tcp.md. */
export interface Phase { name: string; end: "server" | "client"; from: string; to: string; hint: string }

export const serverPhases: Phase[] = [
  { name: "queue", end: "server", from: "the request's first byte is ready in the socket", to: "the read that brought it returns",
    hint: "Long: the program does not come to reading; too few threads, a blocked event loop, or a connection that waits to be accepted." },
  { name: "receive", end: "server", from: "that read returns", to: "the read that brought the request's last byte returns", hint: "Long: the client sends slowly." },
  { name: "application", end: "server", from: "the request's last byte was read", to: "the write that sends the final response's first byte begins",
    hint: "Long: the program itself, or whom it asks; its own exchanges as a client say which." },
  { name: "write", end: "server", from: "that write begins", to: "the write that sent the response's last byte returns",
    hint: "Long: the client reads slowly, the network does not carry more, or the program makes its answer piece by piece." },
];

export const clientPhases: Phase[] = [
  { name: "send", end: "client", from: "the first write of the request begins", to: "the write that sent its last byte returns",
    hint: "Long: the server reads slowly, or the network does not carry more." },
  { name: "wait", end: "client", from: "the request was sent", to: "the final response's first byte is ready in the socket: the network, and the server",
    hint: "Long while the server's queue and application are not: the network." },
  { name: "queue", end: "client", from: "the response's first byte is ready in the socket", to: "the read that brought it returns",
    hint: "Long: the program does not come to reading." },
  { name: "receive", end: "client", from: "that read returns", to: "the read that brought the response's last byte returns",
    hint: "Long: the server makes its answer piece by piece, or the network is slow; small writes with Nagle and delayed acknowledgements cost 40 ms." },
];

export const phasesOf = (isServer: boolean) => (isServer ? serverPhases : clientPhases);
