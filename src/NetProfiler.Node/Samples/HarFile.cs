using NetProfiler.Analysis.Samples;
using NetProfiler.Node.Output;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Node.Samples;

/// <summary>The HTTP archive of a run. A full disk ends the archive, and does not affect anything else.</summary>
internal sealed class HarFile : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _file;
    private readonly HarWriter _writer;
    private bool _isClosed;

    /// <exception cref="HarFailedException">The file cannot be created.</exception>
    public HarFile(string path)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException();
        try
        {
            _file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0, UnixCreateMode = OwnerOnly,
            });
            // The file may have existed, readable for others. The mode of a device is not changed.
            if (!Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal))
                File.SetUnixFileMode(_file.SafeFileHandle, OwnerOnly);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HarFailedException($"har to {path}: {FileFault.Of(failure)}", failure);
        }

        _writer = new HarWriter(_file, typeof(HarFile).Assembly.GetName().Version!.ToString(3));
    }

    /// <summary>Why the archive is incomplete. Null if it is complete.</summary>
    public string? Failure { get; private set; }

    public Task WriteAsync(ShownSample sample) => GuardedAsync(() => _writer.WriteAsync(sample, CancellationToken.None));

    /// <summary>The file is valid JSON only after this.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isClosed) return;
        _isClosed = true;
        await GuardedAsync(async () => await _writer.DisposeAsync().ConfigureAwait(false)).ConfigureAwait(false);
        await GuardedAsync(async () => await _file.DisposeAsync().ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task GuardedAsync(Func<Task> write)
    {
        if (Failure is not null) return;
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            Failure = FileFault.Of(failure);
        }
    }
}

internal sealed class HarFailedException(string message, Exception inner) : Exception(message, inner);
