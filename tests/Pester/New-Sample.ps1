<#
.SYNOPSIS
Makes an object of the module for a test: users cannot, its properties are read-only.

.PARAMETER TypeName
Full name of the type.

.PARAMETER Value
Values of its properties; the others have their defaults.
#>
param([Parameter(Mandatory)] [string] $TypeName, [hashtable] $Value = @{})

$all = [Reflection.BindingFlags] 'Instance, Public, NonPublic'
$type = $TypeName -as [type]
if (-not $type) { throw "There is no type $TypeName." }
$constructor = $type.GetConstructor($all, $null, [type]::EmptyTypes, $null)
$object = if ($constructor) { $constructor.Invoke($null) } else { [Runtime.CompilerServices.RuntimeHelpers]::GetUninitializedObject($type) }
foreach ($name in $Value.Keys) {
    $property = $type.GetProperty($name, $all)
    if (-not $property) { throw "$TypeName has no property $name." }
    $target = $property.PropertyType
    $given = $Value[$name]
    if ($null -ne $given -and $target.IsGenericType -and $target.Name -like 'IReadOnlyList*') {
        $list = [Array]::CreateInstance($target.GenericTypeArguments[0], @($given).Count)
        for ($i = 0; $i -lt $list.Count; $i++) { $list[$i] = @($given)[$i] }
        $given = $list
    }
    elseif ($null -ne $given) {
        $given = [Management.Automation.LanguagePrimitives]::ConvertTo($given, $target, [cultureinfo]::InvariantCulture)
    }
    if ($property.GetSetMethod($true)) { $property.SetValue($object, $given) }
    else { $type.GetField("<$name>k__BackingField", $all).SetValue($object, $given) }
}
# As every cmdlet does when it writes an object.
[Runctl.PowerShell.Views.ViewText].Assembly.GetType('Runctl.PowerShell.Views.ShortList').GetMethod('Apply').Invoke($null, @($object)) | Out-Null
, $object
