namespace NetProfiler.Capture.Tls;

/// <summary>
/// Where a session's object keeps what is read of it: offsets in bytes. The kernel side compares what it finds with what was sent, so that
/// a wrong offset finds nothing.
/// </summary>
/// <param name="VersionAt">The protocol version; null: not known.</param>
/// <param name="ServerRandom">The random of the server's hello; null: not known.</param>
/// <param name="ClientRandom">The random of the client's hello; null: not known.</param>
internal readonly record struct SessionLayout(int? VersionAt, FieldPath? ServerRandom, FieldPath? ClientRandom)
{
    private const ushort NotKnown = 0xFFFF;

    /// <summary>As the kernel side takes it. Both randoms are behind the same pointer, or none is known.</summary>
    public Abi.TlsLayout ToKernel()
    {
        bool isOne = ServerRandom is { } server && ClientRandom is { } client && server.PointerAt == client.PointerAt;
        return new Abi.TlsLayout
        {
            pointer_at = isOne ? (ushort?)ServerRandom!.Value.PointerAt ?? NotKnown : NotKnown,
            server_random_at = isOne ? (ushort)ServerRandom!.Value.Offset : NotKnown,
            client_random_at = isOne ? (ushort)ClientRandom!.Value.Offset : NotKnown,
        };
    }
}

/// <summary>A field of an object.</summary>
/// <param name="PointerAt">Offset of the pointer behind which the field is; null: it is in the object itself.</param>
/// <param name="Offset">In the object, or in what the pointer points to.</param>
internal readonly record struct FieldPath(int? PointerAt, int Offset);
