using System.Buffers.Binary;
using System.Text;
using System.Threading.Channels;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Capture.Recordings;

/// <summary>Writes events to a file in addition to their normal processing. The ring-buffer thread never waits for the file.</summary>
/// <remarks>
/// The ring-buffer thread fills large buffers and passes them, through a bounded channel, to a thread that masks secrets and writes. If
/// that thread is too slow, events are dropped, counted, and noted in the recording at that position.
/// </remarks>
public sealed class Recorder : IAsyncDisposable
{
    private const int BufferBytes = 1024 * 1024;
    private const int MaxBuffers = 64;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Stream _stream;
    private readonly Channel<(byte[] Buffer, int Length)> _full =
        Channel.CreateBounded<(byte[], int)>(new BoundedChannelOptions(MaxBuffers) { SingleReader = true, SingleWriter = true });
    private readonly Channel<byte[]> _empty =
        Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxBuffers) { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RecordingMasker _masker;
    private readonly Task _writing;
    private volatile Exception? _failure;

    // Ring-buffer thread only, until that thread has ended.
    private readonly RecordWriter _writer = new();
    private byte[]? _buffer;
    private int _buffers;
    private long _passedNanoseconds;
    private long _toldNanoseconds;
    private long _untoldEvents;
    private long _untoldBytes;
    private bool _isCompleted;

    /// <param name="stream">The destination of the recording, closed with the recorder.</param>
    /// <param name="redaction">What is masked. Null for what every task masks.</param>
    public Recorder(Stream stream, long nowNanoseconds, long wallOffsetNanoseconds, RedactionPolicy? redaction = null)
    {
        _masker = new RecordingMasker(redaction ?? new RedactionPolicy(SecretNames.Default, Masker.WithRandomKey()));
        _stream = stream;
        _passedNanoseconds = nowNanoseconds;
        _buffer = NewBuffer();
        _writer.Use(_buffer);
        _writer.Header(nowNanoseconds, wallOffsetNanoseconds, Encoding.UTF8.GetBytes(ProgramName),
            Encoding.UTF8.GetBytes(Environment.OSVersion.VersionString));
        _writer.Time(_toldNanoseconds = nowNanoseconds);
        _writing = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static string ProgramName => $"netprofiler {typeof(Recorder).Assembly.GetName().Version}";

    /// <summary>Number of events dropped because writing was too slow, and of bytes captured with them.</summary>
    public long LostEvents { get; private set; }

    public long LostBytes { get; private set; }

    /// <summary>Completes when the file can no longer be written: <see cref="Failure"/> is the reason.</summary>
    public Task Broken => _broken.Task;

    /// <summary>Why the file can no longer be written. Null if it can.</summary>
    public Exception? Failure => _failure;

    /// <summary>Creates a file that is readable only by its owner.</summary>
    /// <exception cref="IOException">The file cannot be written; or <see cref="UnauthorizedAccessException"/>.</exception>
    public static Recorder Create(string path, long nowNanoseconds, long wallOffsetNanoseconds, RedactionPolicy? redaction = null)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException();
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0, UnixCreateMode = OwnerOnly,
        });

        // The file may have existed, readable for others. The mode of a device is not changed.
        if (!Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal)) File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly);
        return new Recorder(file, nowNanoseconds, wallOffsetNanoseconds, redaction);
    }

    /// <summary>Wraps a handler so that every event is recorded first.</summary>
    public ISocketEventHandler Before(ISocketEventHandler next) => new EventTap(this, next);

    /// <summary>Wraps the kernel side so that its answers are recorded, and a replay does not need it.</summary>
    public IKernelConnections Beside(IKernelConnections kernel) => new KernelTap(this, kernel);

    /// <summary>All events up to this time have been submitted.</summary>
    public void OnTime(long nowNanoseconds) => _passedNanoseconds = nowNanoseconds;

    /// <summary>Called once a second: records the clock, and writes what is buffered.</summary>
    public void OnClock(long nowNanoseconds, long wallOffsetNanoseconds)
    {
        if (TryMakeRoom(0)) _writer.Clock(nowNanoseconds, wallOffsetNanoseconds);
        HandOver();
    }

    public void OnSweep(long nowNanoseconds)
    {
        if (TryMakeRoom(0)) _writer.Sweep(nowNanoseconds);
    }

    /// <summary>
    /// Called when the ring-buffer thread has ended: writes the counters and the last record, and waits until everything is in the file.
    /// </summary>
    public async Task CompleteAsync(ICaptureCounters counters)
    {
        if (_isCompleted) return;
        _isCompleted = true;
        while (!TryMakeRoom(0) && !_writing.IsCompleted) await Task.Delay(1).ConfigureAwait(false);
        if (_buffer is not null)
        {
            _writer.Counters(counters);
            _writer.Finish();
            HandOver();
        }

        _full.Writer.Complete();
        await _writing.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _full.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    /// <summary>
    /// Makes room for a record with the given number of captured bytes. False if there is none, and the event is dropped.
    /// </summary>
    private bool TryMakeRoom(int capturedBytes)
    {
        if (_buffer is not null && !_writer.HasRoomFor(capturedBytes)) HandOver();
        if (_buffer is null)
        {
            if (!_empty.Reader.TryRead(out _buffer))
            {
                if (_buffers == MaxBuffers) return false;
                _buffer = NewBuffer();
            }

            _writer.Use(_buffer);
            _writer.Time(_toldNanoseconds = _passedNanoseconds);
            if (_untoldEvents > 0) _writer.Lost(_untoldEvents, _untoldBytes);
            (_untoldEvents, _untoldBytes) = (0, 0);
        }
        else if (_toldNanoseconds != _passedNanoseconds)
        {
            _writer.Time(_toldNanoseconds = _passedNanoseconds);
        }

        return true;
    }

    private byte[] NewBuffer()
    {
        _buffers++;
        return GC.AllocateUninitializedArray<byte>(BufferBytes);
    }

    private bool TryMakeRoomForEvent(int capturedBytes)
    {
        if (TryMakeRoom(capturedBytes)) return true;
        LostEvents++;
        LostBytes += capturedBytes;
        _untoldEvents++;
        _untoldBytes += capturedBytes;
        return false;
    }

    // The channel has room for all buffers.
    private void HandOver()
    {
        if (_buffer is null) return;
        _full.Writer.TryWrite((_buffer, _writer.Length));
        _buffer = null;
    }

    private void Write()
    {
        try
        {
            Span<byte> start = stackalloc byte[RecordingFormat.Magic.Length + sizeof(uint)];
            RecordingFormat.Magic.CopyTo(start);
            BinaryPrimitives.WriteUInt32LittleEndian(start[RecordingFormat.Magic.Length..], RecordingFormat.Version);
            _stream.Write(start);
            while (_full.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                while (_full.Reader.TryRead(out var full))
                {
                    var records = full.Buffer.AsSpan(0, full.Length);
                    _masker.Mask(records);
                    _stream.Write(records);
                    _empty.Writer.TryWrite(full.Buffer);
                }
            }
        }
        catch (Exception failure)
        {
            _failure = failure; // of any type: profiling must not depend on the recording
            _broken.TrySetResult();
        }
        finally
        {
            _stream.Dispose();
        }
    }

    private sealed class EventTap(Recorder recorder, ISocketEventHandler next) : ISocketEventHandler
    {
        public void OnOpen(in SocketOpen open)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.Open(open);
            next.OnOpen(open);
        }

        public void OnData(in SocketData data)
        {
            if (recorder.TryMakeRoomForEvent(data.Bytes.Length)) recorder._writer.Data(data);
            next.OnData(data);
        }

        public void OnEnd(ulong connection, Direction direction, long timeNanoseconds)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.End(connection, direction, timeNanoseconds);
            next.OnEnd(connection, direction, timeNanoseconds);
        }

        public void OnClose(in SocketClose close)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.Close(close);
            next.OnClose(close);
        }

        public void OnTally(in SocketTally tally)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.Tally(tally);
            next.OnTally(tally);
        }

        public void OnDrop(ulong connection, string reason, long timeNanoseconds)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.Drop(connection, reason, timeNanoseconds);
            next.OnDrop(connection, reason, timeNanoseconds);
        }

        public void OnProcessExit(int processId, long timeNanoseconds)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.ProcessExit(processId, timeNanoseconds);
            next.OnProcessExit(processId, timeNanoseconds);
        }

        public void OnOwner(in SocketOwner owner)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.Owner(owner);
            next.OnOwner(owner);
        }

        public void OnHost(uint networkNamespace, EndpointAddress address)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.Host(networkNamespace, address);
            next.OnHost(networkNamespace, address);
        }

        public void OnTranslated(ulong connection, EndpointAddress local, EndpointAddress remote)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.Translated(connection, local, remote);
            next.OnTranslated(connection, local, remote);
        }

        public void OnStream(in SocketStream stream)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.Stream(stream);
            next.OnStream(stream);
        }

        public void OnStreamEnd(in SocketStreamEnd end)
        {
            if (recorder.TryMakeRoomForEvent(0)) recorder._writer.StreamEnd(end);
            next.OnStreamEnd(end);
        }
    }

    private sealed class KernelTap(Recorder recorder, IKernelConnections kernel) : IKernelConnections
    {
        public void SkipUntil(ulong connection, Direction direction, uint position) => kernel.SkipUntil(connection, direction, position);

        public void StopSkipping(ulong connection, Direction direction) => kernel.StopSkipping(connection, direction);

        public void Ignore(ulong connection) => kernel.Ignore(connection);

        public void TimeCalls() => kernel.TimeCalls();

        public bool ReadsTls(int processId) => kernel.ReadsTls(processId);

        public TlsUnreadReason WhyTlsUnread(int processId, long openedNanoseconds) => kernel.WhyTlsUnread(processId, openedNanoseconds);

        public void Forget(ulong connection, ulong socket) => kernel.Forget(connection, socket);

        public bool IsOpen(ulong connection, ulong socket)
        {
            bool isOpen = kernel.IsOpen(connection, socket);
            if (!isOpen && recorder.TryMakeRoomForEvent(0)) recorder._writer.Gone(connection);
            return isOpen;
        }
    }
}
