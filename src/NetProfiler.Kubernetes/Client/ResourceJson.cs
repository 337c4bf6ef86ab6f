using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// JSON serialization of objects: first with a program's own contexts, then with the library's models in <see cref="ObjectsJson"/>. Does
/// not use reflection. The library's options apply to both, so the settings that a program's own types require are repeated here.
/// </summary>
public sealed class ResourceJson
{
    private readonly ConcurrentDictionary<Type, Func<JsonSerializerOptions, JsonTypeInfo>> _lists = [];

    private readonly IJsonTypeInfoResolver[] _own;

    /// <param name="own">The contexts of a program's own types.</param>
    public ResourceJson(params IJsonTypeInfoResolver[] own)
    {
        _own = own;
        Options = ApplyTo(new KubernetesClientConfiguration()).JsonSerializerOptions;
    }

    public JsonSerializerOptions Options { get; }

    public JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    internal KubernetesClientConfiguration ApplyTo(KubernetesClientConfiguration configuration)
    {
        configuration.AddJsonOptions(options =>
        {
            options.IgnoreReadOnlyProperties = true;
            options.Converters.Insert(0, new TimeConverter());
            options.Converters.Insert(0, new DateTimeConverter());
            options.TypeInfoResolver = JsonTypeInfoResolver
                .Combine([new Lists(_lists), .. _own, ObjectsJson.Default])
                .WithAddedModifier(WithoutManagedFields);
        });
        return configuration;
    }

    /// <summary>Enables parsing lists of this kind.</summary>
    internal void KnowsListsOf<TEntity>()
        where TEntity : class, IKubernetesObject<V1ObjectMeta> =>
        _lists.TryAdd(
            typeof(TolerantItems<TEntity>),
            options => JsonMetadataServices.CreateValueInfo<TolerantItems<TEntity>>(options, new TolerantItems<TEntity>.Converter()));

    /// <summary>Managed fields are often half of an object, and are not used.</summary>
    private static void WithoutManagedFields(JsonTypeInfo type)
    {
        if (type.Type != typeof(V1ObjectMeta)) return;
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            if (type.Properties[i].Name == "managedFields") type.Properties.RemoveAt(i);
        }
    }

    private sealed class Lists(ConcurrentDictionary<Type, Func<JsonSerializerOptions, JsonTypeInfo>> known) : IJsonTypeInfoResolver
    {
        public JsonTypeInfo? GetTypeInfo(Type type, JsonSerializerOptions options) =>
            known.TryGetValue(type, out var make) ? make(options) : null;
    }
}
