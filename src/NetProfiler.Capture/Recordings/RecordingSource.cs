using System.Buffers.Binary;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Capture.Recordings;

/// <summary>Replays a recording as socket events, in the recorded order and with the recorded times, in constant memory.</summary>
internal sealed class RecordingSource : IEventSource, IKernelConnections
{
    private const int LengthBytes = 4;

    /// <summary>Maximum number of connections that are gone and not swept yet; a recording with more is invalid.</summary>
    private const int MaxGone = 65_536;

    private readonly WindowReader _reader;
    private readonly long[] _counters = new long[Enum.GetValues<Counter>().Length];
    private readonly HashSet<ulong> _gone = [];
    private long _timeNanoseconds;
    private ArrivalNote? _arrival; // of the Data record that follows
    private long _lostEvents;
    private long _lostBytes;
    private bool _isFinished;

    /// <param name="reader">Positioned after the magic bytes.</param>
    /// <exception cref="UnreadableFileException">The version is unknown, or the file is cut before the first record.</exception>
    public RecordingSource(WindowReader reader)
    {
        _reader = reader;
        if (!reader.TryRead(sizeof(uint), out var version)) throw new UnreadableFileException("ends within the header of a recording");
        uint number = BinaryPrimitives.ReadUInt32LittleEndian(version);
        if (number is < RecordingFormat.FirstVersion or > RecordingFormat.Version)
            throw new UnreadableFileException(
                $"a recording of version {number}; this netprofiler reads versions {RecordingFormat.FirstVersion} to "
                    + $"{RecordingFormat.Version}");
    }

    public bool IsRecording => true;

    public IKernelConnections Kernel => this;

    public string? Fault { get; private set; }

    public IEnumerable<(string Reason, long Count)> Losses =>
        [("events lost, recording too slow", _lostEvents), ("bytes of these", _lostBytes)];

    public long Read(Counter counter) => _counters[(int)counter];

    public bool Read(IReplayHandler handler)
    {
        long position = _reader.Position;
        if (_isFinished) return false;
        if (_reader.IsAtEnd) return Fail($"ends at byte {position}, before its last record");
        if (!_reader.TryRead(LengthBytes, out var prefix)) return Fail($"ends within a record, at byte {position}");
        int length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (length is < 1 or > RecordingFormat.MaxRecordBytes) return Fail($"damaged at byte {position}: a record of {(uint)length} bytes");
        if (!_reader.TryRead(length, out var record)) return Fail($"ends within a record, at byte {position}");
        if (!TryTell(record, handler)) return Fail($"damaged at byte {position}: a record of kind {record[0]} that makes no sense");
        return !_isFinished;
    }

    bool IKernelConnections.ReadsTls(int processId) => false;

    TlsUnreadReason IKernelConnections.WhyTlsUnread(int processId, long openedNanoseconds) => TlsUnreadReason.Unbound;

    bool IKernelConnections.IsOpen(ulong connection, ulong socket) => !_gone.Contains(connection); // as recorded

    void IKernelConnections.SkipUntil(ulong connection, Direction direction, uint position)
    {
    }

    void IKernelConnections.StopSkipping(ulong connection, Direction direction)
    {
    }

    void IKernelConnections.Ignore(ulong connection)
    {
    }

    void IKernelConnections.Forget(ulong connection, ulong socket)
    {
    }

    // A kind that a later version added is skipped.
    private bool TryTell(ReadOnlySpan<byte> bytes, IReplayHandler handler)
    {
        var record = new RecordDecoder(bytes);
        var kind = (RecordKind)record.Byte();
        bool isConsistent = TryTellStream(kind, ref record, handler) ?? TryTellEnd(kind, ref record, handler)
            ?? TryTellTime(kind, ref record, handler) ?? TryTellMachine(kind, ref record, handler) ?? true;
        return isConsistent && record.IsWhole;
    }

    /// <summary>Reads a record of bytes on a connection. Null if the record is of another kind; false if it contradicts itself.</summary>
    private bool? TryTellStream(RecordKind kind, ref RecordDecoder record, IReplayHandler handler)
    {
        switch (kind)
        {
            case RecordKind.Open:
                var open = RecordReading.Open(ref record);
                if (record.IsWhole) handler.OnOpen(open);
                break;
            case RecordKind.Data:
                var data = RecordReading.Data(ref record, ref _timeNanoseconds, _arrival);
                _arrival = null;
                if (!RecordReading.IsConsistent(data)) return false;
                if (record.IsWhole) handler.OnData(data);
                break;
            case RecordKind.Arrival:
                _arrival = RecordReading.Arrival(ref record);
                break;
            case RecordKind.Tally:
                var tally = RecordReading.Tally(ref record, ref _timeNanoseconds);
                if (record.IsWhole) handler.OnTally(tally);
                break;
            case RecordKind.Stream:
                var stream = RecordReading.Stream(ref record, ref _timeNanoseconds);
                if (record.IsWhole) handler.OnStream(stream);
                break;
            case RecordKind.StreamEnd:
                var streamEnd = RecordReading.StreamEnd(ref record, ref _timeNanoseconds);
                if (record.IsWhole) handler.OnStreamEnd(streamEnd);
                break;
            default:
                return null;
        }

        return true;
    }

    /// <summary>Reads a record of what happened to a connection. Null if it is of another kind.</summary>
    private bool? TryTellEnd(RecordKind kind, ref RecordDecoder record, IReplayHandler handler)
    {
        switch (kind)
        {
            case RecordKind.Drop:
                ulong dropping = record.Number();
                long dropTime = Time(ref record);
                string reason = System.Text.Encoding.UTF8.GetString(record.Text());
                if (record.IsWhole) handler.OnDrop(dropping, reason, dropTime);
                break;
            case RecordKind.End:
                ulong ending = record.Number();
                var direction = (Direction)(record.Byte() & 1);
                long endTime = Time(ref record);
                if (record.IsWhole) handler.OnEnd(ending, direction, endTime);
                break;
            case RecordKind.Close:
                ulong closing = record.Number();
                bool isHeld = record.Byte() != 0;
                long closeTime = Time(ref record);
                var end = record.IsAtEnd ? ConnectionEnd.None : (ConnectionEnd)record.Byte(); // absent in early versions
                if (record.IsWhole) handler.OnClose(new SocketClose(closing, closeTime, isHeld, end));
                break;
            case RecordKind.Translated:
                ulong translated = record.Number();
                var translatedLocal = record.Address();
                var translatedRemote = record.Address();
                if (record.IsWhole) handler.OnTranslated(translated, translatedLocal, translatedRemote);
                break;
            default:
                return null;
        }

        return true;
    }

    /// <summary>Reads a record of a time. Null if the record is of another kind; false if it contradicts itself.</summary>
    private bool? TryTellTime(RecordKind kind, ref RecordDecoder record, IReplayHandler handler)
    {
        switch (kind)
        {
            case RecordKind.Header:
                _timeNanoseconds = record.Signed();
                long offset = record.Signed();
                if (record.IsWhole) handler.OnClock(_timeNanoseconds, offset);
                break;
            case RecordKind.Time:
                _timeNanoseconds = record.Signed();
                if (record.IsWhole) handler.OnTime(_timeNanoseconds);
                break;
            case RecordKind.Clock:
                long now = Time(ref record);
                long wallOffset = record.Signed();
                if (record.IsWhole) handler.OnClock(now, wallOffset);
                break;
            case RecordKind.Gone:
                if (_gone.Count == MaxGone) return false;
                _gone.Add(record.Number());
                break;
            case RecordKind.Sweep:
                long sweepTime = Time(ref record);
                if (record.IsWhole) handler.OnSweep(sweepTime);
                _gone.Clear();
                break;
            default:
                return null;
        }

        return true;
    }

    /// <summary>Reads a record of processes and sockets of the machine, or of the run's losses. Null if it is of another kind.</summary>
    private bool? TryTellMachine(RecordKind kind, ref RecordDecoder record, IReplayHandler handler)
    {
        switch (kind)
        {
            case RecordKind.ProcessExit:
                int process = (int)record.Number(int.MaxValue);
                long exitTime = Time(ref record);
                if (record.IsWhole) handler.OnProcessExit(process, exitTime);
                break;
            case RecordKind.Owner:
                var owner = RecordReading.Owner(ref record);
                if (record.IsWhole) handler.OnOwner(owner);
                break;
            case RecordKind.Host:
                uint networkNamespace = (uint)record.Number(uint.MaxValue);
                var host = record.Address();
                if (record.IsWhole) handler.OnHost(networkNamespace, host);
                break;
            case RecordKind.Lost:
                _lostEvents += (long)record.Number(long.MaxValue / 2);
                _lostBytes += (long)record.Number(long.MaxValue / 2);
                break;
            case RecordKind.Counters:
                while (record.IsWhole && !record.IsAtEnd)
                {
                    ulong counter = record.Number(), value = record.Number(long.MaxValue);
                    if (counter < (ulong)_counters.Length) _counters[counter] = (long)value; // a later version may have more counters
                }

                break;
            case RecordKind.Finish:
                _isFinished = true;
                break;
            default:
                return null;
        }

        return true;
    }

    private long Time(ref RecordDecoder record) => _timeNanoseconds += record.Signed();

    private bool Fail(string fault)
    {
        Fault ??= fault;
        return false;
    }
}
