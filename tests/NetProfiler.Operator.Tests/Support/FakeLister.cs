using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Informers;

namespace NetProfiler.Operator.Tests.Support;

/// <summary>A cache that is never late.</summary>
internal sealed class FakeLister<TEntity>(
    FakeCluster cluster, IReadOnlyDictionary<string, Func<TEntity, IEnumerable<string>>>? indexes = null) : IEntityLister<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    public TEntity? Get(string? @namespace, string name) => cluster.Find<TEntity>(@namespace, name);

    public IReadOnlyCollection<TEntity> List() => [.. cluster.All<TEntity>()];

    public IReadOnlyCollection<TEntity> ByIndex(string index, string key) => [.. cluster.All<TEntity>().Where(one => indexes![index](one).Contains(key))];
}
