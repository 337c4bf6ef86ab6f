namespace NetProfiler.Analysis.Events;

/// <summary>A connection is gone.</summary>
/// <param name="IsHeld">The program still holds the socket, and may yet read what came before.</param>
/// <param name="End">How it came to its end; none: it is not known, or no TCP connection.</param>
public readonly record struct SocketClose(ulong Connection, long TimeNanoseconds, bool IsHeld, ConnectionEnd End = ConnectionEnd.None);
