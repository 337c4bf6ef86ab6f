using System.Reflection;
using System.Runtime.CompilerServices;
using k8s.Models;
using NetProfiler.Kubernetes.Reconciliation;
using NetProfiler.Operator.Hosting;
using YamlDotNet.RepresentationModel;

namespace NetProfiler.Operator.Tests;

/// <summary>The rights that the controllers say they need are those that config/rbac grants the operator: no more, no fewer.</summary>
public class RbacTests
{
    [Fact]
    public void The_roles_are_the_rights_of_the_controllers()
    {
        var types = typeof(OperatorCommand).Assembly.GetTypes();
        var entities = types.SelectMany(type => type.GetCustomAttributes<EntityRbacAttribute>())
            .SelectMany(rbac => rbac.Entities.SelectMany(entity => Rights(EntityRight(entity), rbac.Verbs)));
        var others = types.SelectMany(type => type.GetCustomAttributes<GenericRbacAttribute>())
            .SelectMany(rbac => from @group in rbac.Groups from resource in rbac.Resources
                from right in Rights($"{@group}/{resource}", rbac.Verbs) select right);
        Assert.Equal(Granted("operator.yaml"), entities.Concat(others).Distinct().Order(StringComparer.Ordinal));
    }

    private static string EntityRight(Type entity)
    {
        var kind = entity.GetCustomAttribute<KubernetesEntityAttribute>()!;
        return $"{kind.Group}/{kind.PluralName}";
    }

    private static IEnumerable<string> Rights(string resource, RbacVerb verbs) =>
        Enum.GetValues<RbacVerb>().Where(verb => verb != RbacVerb.None && verbs.HasFlag(verb))
            .Select(verb => $"{resource} {verb.ToString().ToLowerInvariant()}");

    private static string[] Granted(string file)
    {
        using var reader = File.OpenText(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../config/rbac", file));
        var yaml = new YamlStream();
        yaml.Load(reader);
        var rules = yaml.Documents.Select(document => (YamlMappingNode)document.RootNode)
            .Where(role => role.Children.ContainsKey("rules")).SelectMany(role => (YamlSequenceNode)role["rules"]);
        var rights = from rule in rules
                     from @group in Texts(rule["apiGroups"])
                     from resource in Texts(rule["resources"])
                     from verb in Texts(rule["verbs"])
                     select $"{@group}/{resource} {verb}";
        return [.. rights.Distinct().Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Texts(YamlNode list) => ((YamlSequenceNode)list).Select(item => ((YamlScalarNode)item).Value ?? "");

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
