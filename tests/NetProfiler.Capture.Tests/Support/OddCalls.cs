using System.Runtime.InteropServices;

namespace NetProfiler.Capture.Tests.Support;

/// <summary>programs/odd_calls.c, compiled once, under a name that no other process of the machine has.</summary>
public sealed class OddCalls : IDisposable
{
    private CaptureSession? _session;
    private readonly string _directory = Directory.CreateTempSubdirectory("netprofiler-tests").FullName;

    public OddCalls()
    {
        Name = $"odd{Environment.ProcessId}";
        Path = System.IO.Path.Combine(_directory, Name);
        Reason = !RuntimeInformation.IsOSPlatform(OSPlatform.Linux) ? "needs Linux"
            : !Environment.IsPrivilegedProcess ? "needs root"
            : !Tool.IsThere("clang") ? "needs clang"
            : null;
        if (Reason is null)
            Tool.Run("clang", "-O1", "-Wall", "-Wextra", System.IO.Path.Combine(AppContext.BaseDirectory, "programs", "odd_calls.c"),
                "-o", Path);
    }

    public string Name { get; }

    public string Path { get; }

    /// <summary>
    /// A session that sees every run of this program through this door; attaching costs half a second. One at a time, or what nobody reads
    /// fills its ring.
    /// </summary>
    public CaptureSession SessionOf(CaptureDoor door)
    {
        if (_session?.Door == door) return _session;
        _session?.Dispose();
        return _session = CaptureSession.Start(new CaptureTargets { Names = [Name] }, new CaptureOptions { Door = door });
    }

    /// <summary>Why the live tests cannot run here.</summary>
    public string? Reason { get; }

    /// <summary>Skips the test where it cannot run, or where the kernel has no such door.</summary>
    public void SkipUnlessReady(CaptureDoor door)
    {
        Skip.If(Reason is not null, Reason);
        Skip.IfNot(CaptureDoors.IsOffered(door), $"this kernel has no door {door}");
    }

    /// <summary>Another program of programs/, under a name that no other process has; null: it cannot be built here.</summary>
    public string? TryBuild(string source, params string[] options)
    {
        string path = System.IO.Path.Combine(_directory, $"{source[..3]}{Environment.ProcessId}");
        string file = System.IO.Path.Combine(AppContext.BaseDirectory, "programs", source);
        return File.Exists(path) || Tool.Try("clang", ["-O1", "-Wall", "-Wextra", .. options, file, "-o", path]).ExitCode == 0
            ? path : null;
    }

    /// <summary>The same program under another name.</summary>
    public string CopiedAs(string name)
    {
        string copy = System.IO.Path.Combine(_directory, name);
        File.Copy(Path, copy, overwrite: true);
        return copy;
    }

    public void Dispose()
    {
        _session?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}

[CollectionDefinition("live", DisableParallelization = true)]
public sealed class LiveCollection : ICollectionFixture<OddCalls>;
