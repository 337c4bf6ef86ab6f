namespace NetProfiler.Analysis.Events;

/// <summary>The end of a connection.</summary>
/// <param name="IsHeld">Whether the program still holds the socket, and can read bytes that arrived before.</param>
/// <param name="End">How the connection ended. None if it is unknown, or if this is not a TCP connection.</param>
public readonly record struct SocketClose(ulong Connection, long TimeNanoseconds, bool IsHeld, ConnectionEnd End = ConnectionEnd.None);
