using NetProfiler.Node.Samples;

namespace NetProfiler.Node.Tests.Attacks;

/// <summary>What was captured is for the eyes of who captured it.</summary>
public sealed class OutputFileTests
{
    [Fact]
    public async Task An_archive_is_readable_for_its_owner_alone_also_when_it_was_there_before()
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException();
        string path = Path.Combine(Path.GetTempPath(), $"netprofiler-{Guid.NewGuid():n}.har");
        try
        {
            foreach (bool wasThere in new[] { false, true })
            {
                if (wasThere)
                    File.SetUnixFileMode(path,
                        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
                await using (new HarFile(path)) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }
}
