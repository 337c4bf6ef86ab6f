using NetProfiler.Analysis.Events;
using NetProfiler.Node.Cluster;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests.Cluster;

/// <summary>Containers by the names of directories, in trees as runtimes and drivers make them.</summary>
public sealed class ContainerCgroupsTests : IDisposable
{
    private const string Id = "4b1f0d9c7e2a4b1f0d9c7e2a4b1f0d9c7e2a4b1f0d9c7e2a4b1f0d9c7e2a0001";
    private const string Other = "9a9a0d9c7e2a4b1f0d9c7e2a4b1f0d9c7e2a4b1f0d9c7e2a4b1f0d9c7e2a0002";
    private const string Outer = "77770d9c7e2a4b1f0d9c7e2a4b1f0d9c7e2a4b1f0d9c7e2a4b1f0d9c7e2a0003";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("kubepods/burstable/pod6f1c/" + Id)]
    [InlineData("kubepods/pod6f1c/" + Id)]
    [InlineData("kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod6f_1c.slice/cri-containerd-" + Id + ".scope")]
    [InlineData("kubepods.slice/kubepods-pod6f_1c.slice/crio-" + Id + ".scope")]
    [InlineData("kubepods/besteffort/pod6f1c/crio-" + Id)]
    [InlineData("kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod6f_1c.slice/docker-" + Id + ".scope")]
    [InlineData("system.slice/docker-" + Id + ".scope")]
    [InlineData("node2/kubepods/burstable/pod6f1c/" + Id)]
    [InlineData("docker/" + Other + "/kubelet/kubepods/burstable/pod6f1c/" + Id)]
    [InlineData("machine.slice/libpod-" + Id + ".scope")]
    public void A_container_is_found_whatever_made_its_group(string path)
    {
        Directory.CreateDirectory(At("v2/kubepods.slice/kubepods-pod6f_1c.slice/crio-conmon-" + Id + ".scope")); // its monitor, beside it
        Make("v2", path);
        var cgroups = Version2();
        Assert.Equal(At($"v2/{path}"), cgroups.Find(Id)?.Path);
        Assert.False(cgroups.IsCut);
    }

    [Fact]
    public void What_is_not_there_is_not_found_until_it_comes()
    {
        Make("v2", "kubepods/pod1/" + Other);
        var cgroups = Version2();
        Assert.Null(cgroups.Find(Id));
        Make("v2", "kubepods/pod1/" + Id);
        cgroups.Refresh();
        Assert.NotNull(cgroups.Find(Id));
        Directory.Delete(At("v2/kubepods/pod1/" + Id), recursive: true);
        Assert.Null(cgroups.Find(Id));
    }

    [Fact]
    public void A_group_within_a_container_does_not_take_anothers_name()
    {
        Make("v2", "kubepods/burstable/pod2/" + Id);
        Make("v2", $"kubepods/burstable/pod1/{Other}/inner/{Id}");
        Assert.Equal(At("v2/kubepods/burstable/pod2/" + Id), Version2().Find(Id)?.Path);
    }

    /// <summary>Where the other container is as deep, or deeper, and whatever comes first in the folder.</summary>
    [Theory]
    [InlineData("kubepods/burstable/pod2/" + Id, "kubepods/pod1/" + Other + "/" + Id)]
    [InlineData("kubepods/burstable/pod2/" + Id, "kubepods/apod/" + Other + "/" + Id)]
    [InlineData("kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod2_b.slice/cri-containerd-" + Id + ".scope",
        "kubepods.slice/kubepods-pod1_a.slice/cri-containerd-" + Other + ".scope/cri-containerd-" + Id + ".scope")]
    [InlineData("docker/" + Outer + "/kubelet/kubepods/burstable/pod2/" + Id, "docker/" + Outer + "/kubelet/kubepods/pod1/" + Other + "/" + Id)]
    [InlineData("docker/" + Outer + "/kubelet/kubepods/burstable/pod2/" + Id, "docker/" + Outer + "/kubelet/" + Other + "/" + Id)]
    public void A_container_with_writable_groups_takes_no_name_of_a_deeper_one(string victim, string attacker)
    {
        Make("v2", attacker);
        Make("v2", victim);
        Assert.Equal(At($"v2/{victim}"), Version2().Find(Id)?.Path);
    }

    [Theory]
    [InlineData("", Id)]
    [InlineData("kubepods", "")]
    [InlineData("kubepods", "kubepods")]
    [InlineData("kubepods", "..")]
    public void Not_everything_is_an_id(string path, string id)
    {
        Make("v2", path);
        Assert.Null(Version2().Find(id));
    }

    [Theory]
    [InlineData("pids/kubepods/pod1/" + Id, "pids/kubepods/pod1/" + Id)]
    [InlineData("unified/kubepods.slice/cri-containerd-" + Id + ".scope", "unified/kubepods.slice/cri-containerd-" + Id + ".scope")]
    [InlineData("memory/kubepods/pod1/" + Id, "memory/kubepods/pod1/" + Id)]
    public void Beside_each_other_the_version_that_has_the_processes_is_taken(string filled, string found)
    {
        foreach (string hierarchy in new[] { "unified", "pids", "memory" })
        {
            Make("hybrid", hierarchy, processes: "1");
            Make("hybrid", $"{hierarchy}/{filled[(filled.IndexOf('/') + 1)..]}", processes: "");
        }

        Make("hybrid", filled, processes: "4711\n4712\n");
        var cgroups = new ContainerCgroups(At("hybrid"));
        cgroups.Refresh();
        Assert.Equal(At($"hybrid/{found}"), cgroups.Find(Id)?.Path);
    }

    [Theory]
    [InlineData("0::/kubepods/burstable/pod1/" + Id + "/inner\n", true)]
    [InlineData("0::/../../pod1/cri-containerd-" + Id + ".scope\n", true)]
    [InlineData("12:pids:/kubepods/pod1/" + Id + "\n0::/\n", true)]
    [InlineData("0::/kubepods/pod1/crio-conmon-" + Id + ".scope\n", false)]
    [InlineData("0::/kubepods/pod1/" + Other + "\n", false)]
    public void A_group_below_a_containers_is_the_containers(string cgroup, bool isIts)
    {
        Directory.CreateDirectory(At("proc/4711"));
        File.WriteAllText(At("proc/4711/cgroup"), cgroup);
        var container = new ContainerIdentity(Id, "shop", "cart-1", "app", "Deployment/cart");
        var directory = new NodeDirectory(At("proc"));
        Assert.Null(directory.ContainerOf(77, 4711));

        directory.SetContainers(NodeDirectory.Containers.None
            with { ById = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary([KeyValuePair.Create(Id, container)]) });
        Assert.Same(isIts ? container : null, directory.ContainerOf(77, 4711));
        Assert.Null(directory.ContainerOf(78, 4712)); // gone
    }

    private ContainerCgroups Version2()
    {
        File.WriteAllText(At("v2/cgroup.controllers"), "cpu memory\n");
        var cgroups = new ContainerCgroups(At("v2"));
        cgroups.Refresh();
        return cgroups;
    }

    private void Make(string root, string path, string processes = "1\n")
    {
        Directory.CreateDirectory(At($"{root}/{path}"));
        File.WriteAllText(At($"{root}/{path}/cgroup.procs"), processes);
    }

    private string At(string path) => Path.Combine(_folder.Path, path);
}
