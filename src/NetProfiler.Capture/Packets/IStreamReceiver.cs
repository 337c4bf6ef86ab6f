namespace NetProfiler.Capture.Packets;

/// <summary>Receives the bytes of one direction, in order and each once.</summary>
internal interface IStreamReceiver
{
    /// <param name="acknowledged">What their packet acknowledged of the other direction. Null if nothing.</param>
    /// <param name="isContinued">Whether they may belong to the same call as the bytes before.</param>
    void Accept(TcpStream stream, ReadOnlySpan<byte> captured, int length, long timeNanoseconds, uint? acknowledged, bool isContinued);

    /// <summary>The bytes up to the stream's position were on the wire, and are not in the capture.</summary>
    void Miss(TcpStream stream, long timeNanoseconds);

    void End(TcpStream stream, long timeNanoseconds);
}
