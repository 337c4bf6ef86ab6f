using System.Runtime.InteropServices;

namespace NetProfiler.Capture.Tests.Support;

/// <summary>programs/odd_calls.c, compiled once, under a name that no other process of the machine has.</summary>
public sealed class OddCalls : IDisposable
{
    private readonly Lazy<CaptureSession> _session;
    private readonly string _directory = Directory.CreateTempSubdirectory("netprofiler-tests").FullName;

    public OddCalls()
    {
        Name = $"odd{Environment.ProcessId}";
        Path = System.IO.Path.Combine(_directory, Name);
        _session = new Lazy<CaptureSession>(() => CaptureSession.Start(new CaptureTargets { Names = [Name] }, new CaptureOptions()));
        Reason = !RuntimeInformation.IsOSPlatform(OSPlatform.Linux) ? "needs Linux"
            : !Environment.IsPrivilegedProcess ? "needs root"
            : !Tool.IsThere("clang") ? "needs clang"
            : null;
        if (Reason is null) Tool.Run("clang", "-O1", "-Wall", "-Wextra", System.IO.Path.Combine(AppContext.BaseDirectory, "programs", "odd_calls.c"), "-o", Path);
    }

    public string Name { get; }

    public string Path { get; }

    /// <summary>A session that sees every run of this program; attaching costs half a second.</summary>
    public CaptureSession Session => _session.Value;

    /// <summary>Why the live tests cannot run here.</summary>
    public string? Reason { get; }

    /// <summary>The same program under another name.</summary>
    public string CopiedAs(string name)
    {
        string copy = System.IO.Path.Combine(_directory, name);
        File.Copy(Path, copy, overwrite: true);
        return copy;
    }

    public void Dispose()
    {
        if (_session.IsValueCreated) Session.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}

[CollectionDefinition("live", DisableParallelization = true)]
public sealed class LiveCollection : ICollectionFixture<OddCalls>;
