using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Containers.Tests.Support;

/// <summary>Images that `make e2e` builds before the tests, and one of its base images.</summary>
internal static class Images
{
    public const string Agent = "localhost/netprofiler-node:e2e";
    public const string Shop = "localhost/netprofiler-shop:e2e";
    public const string Debian = "docker.io/library/debian:bookworm-slim";

    /// <summary>From the storage of podman and buildah into another engine's.</summary>
    public static async Task CopyAsync(string image, ContainerEngine engine)
    {
        using var folder = new TemporaryFolder();
        await ChildProcess.RunAsync("podman", "save", "--quiet", "--format", "docker-archive", "--output", folder.File("image.tar"), image);
        await ChildProcess.RunAsync(
            "curl", "--fail", "--silent", "--show-error", "--unix-socket", engine.Socket, "--header", "Content-Type: application/x-tar",
            "--data-binary", $"@{folder.File("image.tar")}", "http://engine/images/load");
    }
}
