namespace NetProfiler.Analysis.Traces;

/// <summary>How a service's tracer uses the span in a request's trace context.</summary>
public enum SpanUse : byte
{
    /// <summary>There is no evidence yet.</summary>
    Unknown,

    /// <summary>The server's span has the identity that the caller sent: caller and server share one span (Zipkin's own tracers).</summary>
    Joined,

    /// <summary>The server's span is a child of the one that the caller sent (OpenTelemetry; Spring Boot's default).</summary>
    Separate,

    /// <summary>The context is passed on unchanged: the process does not have a tracer (a gateway).</summary>
    Forwarded,
}

/// <summary>
/// Infers for each process how its tracer uses incoming span ids, from the ids in its outgoing requests of the same trace: B3 contains the
/// parent of an outgoing span. If the parent is the incoming span, the service joined it. Allocates only for new evidence about a process.
/// </summary>
/// <remarks>
/// Sources: openzipkin/b3-propagation (joined spans, X-B3-ParentSpanId); OpenTelemetry's specification of B3 ("MUST NOT propagate
/// X-B3-ParentSpanId"); W3C Trace Context, whose parent-id is always the caller's. Not thread-safe.
/// </remarks>
public sealed class SpanEvidence
{
    /// <summary>Maximum number of pairs of process and trace. A later pair replaces the earlier one in its slot.</summary>
    public const int MaxTraces = 4096;

    /// <summary>Maximum number of processes. If there are more, the table is cleared and filled again.</summary>
    public const int MaxProcesses = 4096;

    private readonly Slot[] _slots = new Slot[MaxTraces];
    private readonly Dictionary<int, SpanUse> _processes = [];
    private int _joined;
    private int _separate;

    /// <summary>Number of processes with a known behaviour.</summary>
    public int Count => _processes.Count;

    /// <summary>Records the context of an exchange, in either order: the incoming request completes after those that it caused.</summary>
    /// <param name="fieldLines">The field lines that the context was read from.</param>
    public void Record(int processId, bool isServer, in TraceContext context, ReadOnlySpan<byte> fieldLines)
    {
        if (context.Format == TraceFormat.None) return;
        var (traceId, spanId) = (context.TraceId, context.SpanId);
        if (context.Format == TraceFormat.SkyWalking) (traceId, spanId) = IdsOfSw8(context.Value.Of(fieldLines));
        ref var slot = ref SlotOf(processId, traceId);
        if (slot.ProcessId != processId || slot.TraceId != traceId) slot = new Slot { ProcessId = processId, TraceId = traceId };
        if (isServer) slot.Incoming = spanId;
        else (slot.Outgoing, slot.OutgoingParent, slot.OutgoingFormat) = (spanId, context.ParentSpanId, context.Format);
        if (!slot.Incoming.IsZero && !slot.Outgoing.IsZero) Judge(slot);
    }

    /// <summary>
    /// How the process uses the span in a context of this format. Without evidence about the process, the behaviour that all other
    /// processes share.
    /// </summary>
    public SpanUse Of(int processId, TraceFormat format)
    {
        bool isB3 = format is TraceFormat.B3Single or TraceFormat.B3Multi;
        if (format is TraceFormat.None or TraceFormat.SkyWalking)
            return _processes.GetValueOrDefault(processId) == SpanUse.Forwarded ? SpanUse.Forwarded : SpanUse.Unknown; // never joined
        if (_processes.TryGetValue(processId, out var use)) return use == SpanUse.Joined && !isB3 ? SpanUse.Separate : use;
        if (!isB3) return SpanUse.Separate;
        return (_joined > 0, _separate > 0) switch
        {
            (true, false) => SpanUse.Joined,
            (false, true) => SpanUse.Separate,
            _ => SpanUse.Unknown,
        };
    }

    private void Judge(in Slot slot)
    {
        if (slot.Outgoing == slot.Incoming) Learn(slot.ProcessId, SpanUse.Forwarded);
        else if (slot.OutgoingParent == slot.Incoming) Learn(slot.ProcessId, SpanUse.Joined);
        else if (slot.OutgoingFormat is TraceFormat.B3Single or TraceFormat.B3Multi) Learn(slot.ProcessId, SpanUse.Separate);
    }

    // One outgoing span whose parent is the incoming span proves that the spans are joined. Others may have a local span in between.
    private void Learn(int processId, SpanUse use)
    {
        var known = _processes.GetValueOrDefault(processId);
        if (known == use || known == SpanUse.Joined || (known == SpanUse.Separate && use == SpanUse.Forwarded)) return;
        if (_processes.Count == MaxProcesses && known == SpanUse.Unknown)
        {
            _processes.Clear();
            _joined = _separate = 0;
        }

        if (known == SpanUse.Separate) _separate--;
        if (use == SpanUse.Joined) _joined++;
        if (use == SpanUse.Separate) _separate++;
        _processes[processId] = use;
    }

    // The ids of sw8 are text, and are only compared for equality, so a hash is sufficient.
    private static (TraceId TraceId, SpanId SpanId) IdsOfSw8(ReadOnlySpan<byte> value) =>
        Sw8.TryParse(value, out var sw8) ? (new(Hash(sw8.TraceId, default)), new(Hash(sw8.SegmentId, sw8.SpanId))) : default;

    // FNV-1a.
    private static ulong Hash(ReadOnlySpan<byte> text, ReadOnlySpan<byte> more)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte one in text) hash = (hash ^ one) * 0x100000001B3;
        foreach (byte one in more) hash = (hash ^ one) * 0x100000001B3;
        return hash | 1; // never zero
    }

    private ref Slot SlotOf(int processId, TraceId traceId)
    {
        ulong hash = ((ulong)traceId.Bits ^ (ulong)(traceId.Bits >> 64) ^ (uint)processId) * 0x9E3779B97F4A7C15; // Fibonacci hashing
        return ref _slots[hash >> (64 - 12)];
    }

    private struct Slot
    {
        public int ProcessId;
        public TraceId TraceId;
        public SpanId Incoming;
        public SpanId Outgoing;
        public SpanId OutgoingParent;
        public TraceFormat OutgoingFormat;
    }
}
