namespace NetProfiler.Analysis.Events;

/// <summary>The system call that moved the bytes.</summary>
public enum SocketCall : byte
{
    None = 0,
    Read,
    ReadV,
    RecvFrom,
    RecvMsg,
    RecvMMsg,
    Write,
    WriteV,
    SendTo,
    SendMsg,
    SendMMsg,
    SendFile,
    Splice,
    Accept,
    Connect,
    Close,
    IoUring,
    SslRead,
    SslWrite,
}
