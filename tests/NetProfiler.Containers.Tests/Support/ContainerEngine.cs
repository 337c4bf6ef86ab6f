using System.Net.Sockets;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Images;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Containers.Tests.Support;

/// <summary>
/// A container engine that speaks Docker's API on a socket of its own, started for the tests and ended with them. Containers use the host's
/// network, so that no engine writes a firewall rule; what it stores is in a folder that ends with it, or in the storage that the images
/// were built into.
/// </summary>
internal sealed class ContainerEngine : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly TemporaryFolder _folder;

    private ContainerEngine(ChildProcess process, TemporaryFolder folder, Uri address)
    {
        _process = process;
        _folder = folder;
        Address = new DockerEndpointAuthenticationConfiguration(address);
    }

    /// <summary>Path of its socket.</summary>
    public string Socket => Address.Endpoint.AbsolutePath;

    /// <summary>Where Testcontainers finds it.</summary>
    public IDockerEndpointAuthenticationConfiguration Address { get; }

    // Of the API versions that Debian 12's engines speak, the newest; Testcontainers would ask for a newer one.
    static ContainerEngine() => Environment.SetEnvironmentVariable("DOCKER_API_VERSION", "1.41");

    /// <summary>
    /// podman has the images that buildah built: they share a storage. Its default runtime, crun, refuses hosts that mount both cgroup
    /// versions.
    /// </summary>
    public static Task<ContainerEngine> StartPodmanAsync() => StartAsync("podman", (socket, _) =>
        ["--runtime", "runc", "system", "service", "--time", "0", $"unix://{socket}"]);

    /// <summary>A Docker daemon with an empty storage.</summary>
    public static Task<ContainerEngine> StartDockerAsync() => StartAsync("dockerd", (socket, folder) =>
    [
        "--host", $"unix://{socket}", "--data-root", $"{folder}/data", "--exec-root", $"{folder}/exec", "--pidfile", $"{folder}/pid",
        "--iptables=false", "--ip6tables=false", "--bridge=none", "--userland-proxy=false", "--storage-driver=vfs",
    ]);

    /// <summary>A container of this engine on the host's network, with limits that an unprivileged engine may set.</summary>
    public ContainerBuilder Container(string image) => new ContainerBuilder(image)
        .WithDockerEndpoint(Address)
        .WithImagePullPolicy(PullPolicy.Never)
        .WithCreateParameterModifier(parameters =>
        {
            parameters.HostConfig!.NetworkMode = "host";
            parameters.HostConfig.Ulimits = [new() { Name = "nofile", Soft = 1024, Hard = 4096 },
                new() { Name = "nproc", Soft = 4096, Hard = 4096 }];
        });

    public async ValueTask DisposeAsync()
    {
        _process.Send(Signal.Terminate);
        await _process.WaitAsync(TimeSpan.FromSeconds(30));
        await _process.DisposeAsync();
        // Docker leaves its host network's name mounted below its folder.
        foreach (string mount in File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1])
            .Where(path => path.StartsWith(_folder.Path, StringComparison.Ordinal)).ToList())
            await ChildProcess.RunAsync("umount", "--lazy", mount);
        _folder.Dispose();
    }

    private static async Task<ContainerEngine> StartAsync(string program, Func<string, string, string[]> arguments)
    {
        Live.Require(program);
        // The reaper is a container that would be pulled; tests remove their containers themselves.
        TestcontainersSettings.ResourceReaperEnabled = false;
        var folder = new TemporaryFolder();
        var process = ChildProcess.Start(program, arguments(folder.File("engine.sock"), folder.Path));
        await process.WaitForPortAsync(new UnixDomainSocketEndPoint(folder.File("engine.sock")));
        return new ContainerEngine(process, folder, new Uri($"unix://{folder.File("engine.sock")}"));
    }
}
