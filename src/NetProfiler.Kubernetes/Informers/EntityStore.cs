using System.Collections.Immutable;
using k8s;
using k8s.Models;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Kubernetes.Informers;

/// <summary>Objects by key and by index. One writer, any number of readers; each reader sees a consistent snapshot.</summary>
internal sealed class EntityStore<TEntity> : IEntityLister<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly (string Name, Func<TEntity, IEnumerable<string>> Keys)[] _indexes;
    private volatile Moment _moment;

    public EntityStore(IReadOnlyDictionary<string, Func<TEntity, IEnumerable<string>>> indexes)
    {
        _indexes = [.. indexes.Select(index => (index.Key, index.Value))];
        _moment = new Moment(Objects.Empty, [.. _indexes.Select(_ => ImmutableDictionary<string, Objects>.Empty)]);
    }

    public int Count => _moment.All.Count;

    public IEnumerable<ObjectKey> Keys => _moment.All.Keys;

    public TEntity? Get(string? @namespace, string name) => _moment.All.Find(new ObjectKey(@namespace, name));

    public IReadOnlyCollection<TEntity> List() => _moment.All;

    public IReadOnlyCollection<TEntity> ByIndex(string index, string key)
    {
        var number = Array.FindIndex(_indexes, candidate => candidate.Name == index);
        if (number < 0) throw new ArgumentException($"there is no index '{index}' of {EntityMetadata.Of<TEntity>().Kind}", nameof(index));
        return _moment.Indexes[number].GetValueOrDefault(key, Objects.Empty);
    }

    /// <summary>Null removes the object.</summary>
    public void Set(ObjectKey key, TEntity? value)
    {
        var moment = _moment;
        var old = moment.All.Find(key);
        var indexes = new ImmutableDictionary<string, Objects>[_indexes.Length];
        for (var i = 0; i < indexes.Length; i++) indexes[i] = Reindex(moment.Indexes[i], _indexes[i].Keys, key, old, value);
        _moment = new Moment(moment.All.With(key, value), indexes);
    }

    private static ImmutableDictionary<string, Objects> Reindex(
        ImmutableDictionary<string, Objects> index, Func<TEntity, IEnumerable<string>> keys, ObjectKey key, TEntity? old, TEntity? value)
    {
        var before = old is null ? [] : keys(old).Distinct().ToArray();
        var after = value is null ? [] : keys(value).Distinct().ToArray();
        foreach (var left in before.Except(after))
        {
            var rest = index[left].With(key, null);
            index = rest.Count == 0 ? index.Remove(left) : index.SetItem(left, rest);
        }
        foreach (var entered in after) index = index.SetItem(entered, index.GetValueOrDefault(entered, Objects.Empty).With(key, value));
        return index;
    }

    private sealed record Moment(Objects All, ImmutableDictionary<string, Objects>[] Indexes);

    private sealed class Objects(ImmutableDictionary<ObjectKey, TEntity> byKey) : IReadOnlyCollection<TEntity>
    {
        public static Objects Empty { get; } = new(ImmutableDictionary<ObjectKey, TEntity>.Empty);

        public int Count => byKey.Count;

        public IEnumerable<ObjectKey> Keys => byKey.Keys;

        public TEntity? Find(ObjectKey key) => byKey.GetValueOrDefault(key);

        public Objects With(ObjectKey key, TEntity? value) => new(value is null ? byKey.Remove(key) : byKey.SetItem(key, value));

        public IEnumerator<TEntity> GetEnumerator() => byKey.Values.GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
